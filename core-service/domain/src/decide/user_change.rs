//! Changes of one user who is there, and which accounts connections can't touch.

use super::apply::Draft;
use super::user_context::{UserContext, UserDecision};
use crate::{Caller, Change, MetadataKey, Reason, Refusal, User, UserName, UserNameKey};

/// Applies changes to a user, unless it is a break-glass account that the caller can't touch.
pub(super) fn change(
    context: &UserContext<'_>,
    changes: &[Change],
    before: &User,
) -> Result<UserDecision, Refusal> {
    let mut draft = Draft::new(context, before.clone());
    draft.apply(changes)?;
    let protected = [&before.user_name, &draft.user.user_name]
        .into_iter()
        .find(|name| is_protected(context, &name.key()))
        .cloned();
    if let Some(name) = protected
        && draft.user != *before
    {
        draft.user = before.clone();
        draft.notices.clear();
        draft.refuse(protection(&name))?;
    }
    Ok(draft.settled(before))
}

/// Whether the user of this name is a break-glass account to whoever asks.
pub(super) fn is_protected(context: &UserContext<'_>, key: &UserNameKey) -> bool {
    // What groups give is the directory's word, whoever says who is in them.
    let is_directory =
        matches!(context.command.caller, Caller::Connection { .. }) || context.follows_groups();
    is_directory && context.site.policy.protects(key)
}

/// What is told where a connection, or a group, would change a break-glass account.
pub(crate) fn protection(name: &UserName) -> Refusal {
    Refusal::new(
        Reason::UserProtected,
        format!(
            "{} is a break-glass account of this site, which connections can't touch; take it \
             out of the assignment at the identity provider",
            name.as_str()
        ),
    )
    .naming(MetadataKey::UserName, name.as_str())
}
