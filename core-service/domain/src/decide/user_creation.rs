//! Creations of users: of newcomers, of those who come back, and of those who are there already.

use super::apply::{Draft, taken};
use super::record::recorded_refusals;
use super::user_change::{change, is_protected, protection};
use super::user_context::{UserContext, UserDecision};
use crate::{
    Caller, Change, Creation, CreationPolicy, DirectoryStatus, MetadataKey, Reason, Refusal, Role,
    StatusAuthority, User, UserName,
};
use std::sync::Arc;

/// Decides a creation; `owner` has the user name, if anybody has.
pub(super) fn create(
    context: &UserContext<'_>,
    creation: &Creation,
    owner: Option<&User>,
) -> Result<UserDecision, Refusal> {
    let Some(owner) = owner else { return begin(context, creation) };
    let links = links(context, creation);
    if links && !is_known_by_it(creation, owner) {
        refuse_external_id_of_another(context, creation)?;
    }
    if context.command.caller.scope().shows(owner) {
        return if links {
            link(context, creation, owner)
        } else {
            Err(taken(&creation.user_name))
        };
    }
    // Whom the directory deleted is not there for it.
    context.check_version(0)?;
    bring_back(context, creation, owner)
}

/// Creates somebody whose user name nobody has. Where the identity provider creates nobody it is told that, whatever
/// it sent: who else is known by the external id makes no difference to it.
fn begin(context: &UserContext<'_>, creation: &Creation) -> Result<UserDecision, Refusal> {
    context.check_version(0)?;
    if let Caller::Connection { .. } = context.command.caller {
        if context.site.policy.creation == CreationPolicy::Refuse {
            return Err(Refusal::new(
                Reason::CreationRefused,
                "users of this site are not created by the identity provider, they appear when \
                 they first sign in; untick the creation of users at the identity provider",
            )
            .naming(MetadataKey::Setting, "creation"));
        }
        if is_protected(context, &creation.user_name.key()) {
            return Err(protection(&creation.user_name));
        }
    }
    if links(context, creation) {
        refuse_external_id_of_another(context, creation)?;
    }
    let mut draft = Draft::new(context, newcomer(context, &creation.user_name));
    draft.apply(&creation.changes)?;
    let Draft { mut user, notices, .. } = draft;
    user.recorded_refusals = recorded_refusals(&notices);
    Ok(UserDecision { user, changed: true, created: true, deleted: false, notices })
}

/// Whom the directory deleted comes back when it creates them: the same account with what the creation
/// says in place of what was known. Role and holds stay, because neither is the directory's alone.
///
/// Also where users are not created by the identity provider: nobody new comes, and the identity
/// provider, which doesn't find the user any more, has no other way to undo what it did. Somebody with another
/// external id than the directory deleted is another person.
fn bring_back(
    context: &UserContext<'_>,
    creation: &Creation,
    before: &User,
) -> Result<UserDecision, Refusal> {
    if is_protected(context, &before.user_name.key()) {
        return Err(protection(&before.user_name));
    }
    refuse_another_person(creation, before)?;
    let mut draft = Draft::new(context, before.clone());
    let mut changes = vec![
        Change::SetUserName(creation.user_name.clone()),
        Change::SetDirectoryStatus(DirectoryStatus::Active),
    ];
    changes.extend(creation.changes.iter().cloned());
    draft.apply(&changes)?;
    Ok(UserDecision { created: true, ..draft.settled(before) })
}

/// Whether the site has a connection's creation of a known user become a change of that user. Where a command
/// before this one has just said so, nobody has looked yet who is known by the external id.
fn links(context: &UserContext<'_>, creation: &Creation) -> bool {
    let is_looked_for = |id| context.state.external_ids.has(context.site.id, id);
    context.command.may_link(context.state) && creation.external_id().is_none_or(is_looked_for)
}

/// Whether it is about whoever is known by its external id.
fn is_known_by_it(creation: &Creation, owner: &User) -> bool {
    creation.external_id().is_some_and(|asked| owner.external_id.as_ref() == Some(asked))
}

/// Whoever is known by the external id of a creation is that person, whichever name they are created by, so
/// nobody else comes to be known by it.
fn refuse_external_id_of_another(
    context: &UserContext<'_>,
    creation: &Creation,
) -> Result<(), Refusal> {
    let is_held = |id| context.state.external_ids.are_held(context.site.id, id);
    if creation.external_id().is_some_and(is_held) {
        return Err(known_already(&creation.user_name));
    }
    Ok(())
}

/// The identity provider creates somebody whom the site has already, without having looked: the same
/// account, changed as the creation says and told of. Nobody is created, so it is the same where users
/// are not created by the identity provider. To be active goes without saying in a creation, where the
/// directory has a say in it.
///
/// Somebody whom the directory knows by another external id is another person, who doesn't come to the account
/// by its name. An external id that is known stays where the creation has none: it is by what the directory
/// finds the user again.
fn link(
    context: &UserContext<'_>,
    creation: &Creation,
    owner: &User,
) -> Result<UserDecision, Refusal> {
    context.check_version(owner.version)?;
    refuse_another_person(creation, owner)?;
    let mut changes = vec![Change::SetUserName(creation.user_name.clone())];
    let hears_directory = context.site.policy.status_authority != StatusAuthority::Local;
    if hears_directory && !says_status(&creation.changes) {
        changes.push(Change::SetDirectoryStatus(DirectoryStatus::Active));
    }
    changes.extend(creation.changes.iter().cloned());
    if let (Some(known), None) = (&owner.external_id, creation.external_id()) {
        changes.push(Change::SetExternalId(Some(known.clone())));
    }
    let mut decision = change(context, &changes, owner)?;
    decision.notices.insert(0, linked().into());
    Ok(decision)
}

/// Whoever comes by an account's name with another external id than it is known by doesn't get the account.
fn refuse_another_person(creation: &Creation, owner: &User) -> Result<(), Refusal> {
    match (&owner.external_id, creation.external_id()) {
        (Some(known), Some(asked)) if asked != known => Err(known_otherwise(&creation.user_name)),
        _ => Ok(()),
    }
}

fn says_status(changes: &[Change]) -> bool {
    changes.iter().any(|change| match change {
        Change::SetDirectoryStatus(_) => true,
        Change::Replace(replacement) => replacement.directory_status.is_some(),
        _ => false,
    })
}

fn linked() -> Refusal {
    Refusal::about(
        Reason::UserLinked,
        "user_name",
        "the site had a user of this name already, so nobody was created: the request was taken for a \
         change of that user",
    )
    .naming(MetadataKey::Setting, "known_users")
}

/// Another person doesn't come to an account by its name.
fn known_otherwise(name: &UserName) -> Refusal {
    Refusal::about(
        Reason::UserNameTaken,
        "user_name",
        format!(
            "the user name {} belongs to a user of this site whom the directory knows by another \
             external id; if it is somebody else, rename or delete that account first; if it is the same \
             person, have the external id of the account changed",
            name.as_str()
        ),
    )
    .naming(MetadataKey::UserName, name.as_str())
}

/// Nobody is known by the external id of another person.
fn known_already(name: &UserName) -> Refusal {
    Refusal::about(
        Reason::UserNameTaken,
        "external_id",
        format!(
            "the external id that was sent for {} is that of another user of this site; if it is the same \
             person, rename that account; if it is somebody else, have the external id of that account \
             changed",
            name.as_str()
        ),
    )
    .naming(MetadataKey::UserName, name.as_str())
}

fn newcomer(context: &UserContext<'_>, user_name: &UserName) -> User {
    User {
        site: context.site.id,
        id: (context.fresh_id)(),
        user_name: user_name.clone(),
        external_id: None,
        subject: None,
        directory_status: DirectoryStatus::Active,
        holds: Vec::new(),
        role: Role::Registered,
        base_role: None,
        profile: Arc::default(),
        recorded_refusals: Vec::new(),
        last_event: 0,
        version: 1,
        created_at: context.now,
        updated_at: context.now,
    }
}
