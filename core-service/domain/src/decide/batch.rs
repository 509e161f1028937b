//! Commands about several users: all of it or nothing. What stands of it when one of them is refused
//! is taken back, and only the refusal is written down.

use super::Context;
use super::user;
use super::user_context::CommandPart;
use crate::work::Work;
use crate::{
    Action, Answer, BatchPart, Command, DecidedUser, Decision, MetadataKey, Refusal, State,
};

/// Decides one part after the other; each sees what those before it left.
pub(super) fn decide(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    parts: &[BatchPart],
) -> Result<Decision, Refusal> {
    let site = state.site(command.site)?.id;
    let actions = parts.iter().map(|part| &part.action);
    let names = actions.clone().flat_map(Action::user_names);
    let before = state.savepoint(site, actions.filter_map(Action::user), names);
    let (work, mut users) = (Work::default(), Vec::with_capacity(parts.len()));
    for (index, BatchPart { action, expected_version }) in parts.iter().enumerate() {
        let recorded = state.recorded();
        // What is only tried is taken back at the end, so that later parts see it.
        let expected_version = expected_version.as_ref();
        let part = CommandPart { command, action, expected_version, is_kept: true };
        match user::decide_part(state, context, &part, &work) {
            Ok(Decision { answer: Answer::User { user, .. }, changed, notices, revision }) => {
                users.push(DecidedUser { user: Some(user), changed, notices, revision });
            }
            Ok(_) => {}
            Err(refusal) => {
                let is_judged = state.recorded() > recorded;
                let line = state.restore(before).pop().filter(|_| is_judged);
                if let Some(line) = line.filter(|_| !command.validate_only) {
                    user::record_refusal(state, line);
                }
                return Err(refusal.naming(MetadataKey::Item, &index));
            }
        }
    }
    let changed = users.iter().any(|user| user.changed);
    if command.validate_only {
        state.restore(before);
    }
    let revision = state.head(site);
    for user in &mut users {
        user.revision = user.revision.min(revision);
    }
    Ok(Decision { answer: Answer::Users(users), changed, notices: Vec::new(), revision })
}
