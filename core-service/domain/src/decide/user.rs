//! Commands about one user.

use super::Context;
use super::last_admin::keep_somebody;
use super::record::event;
use super::user_change::{change, is_protected, protection};
use super::user_context::{CommandPart, UserContext, UserDecision};
use super::user_creation::create;
use crate::work::Work;
use crate::{
    Action, Answer, AttributeName, Caller, Change, Command, Creation, Decision, DeletionPolicy,
    DirectoryStatus, Event, ListEdit, ListOperation, MetadataKey, Profile, Reason, Refusal, SignIn,
    Site, State, StatusAuthority, User, UserId, UserName, Value,
};

/// Decides a command about one user.
pub(super) fn decide(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
) -> Result<Decision, Refusal> {
    let (action, expected_version) = (&command.action, command.expected_version.as_ref());
    let part = CommandPart { command, action, expected_version, is_kept: !command.validate_only };
    decide_part(state, context, &part, &Work::default())
}

/// Decides what is about one user, as far as the work goes that the command may do.
pub(super) fn decide_part(
    state: &mut State,
    context: &Context<'_>,
    part: &CommandPart<'_>,
    work: &Work,
) -> Result<Decision, Refusal> {
    let CommandPart { command, action, expected_version, is_kept } = *part;
    let site = state.site(command.site)?;
    let id = site.id;
    let before = target(state, site, &command.caller, action);
    let user_context = UserContext {
        command,
        action,
        expected_version,
        site,
        now: context.now,
        fresh_id: &|| UserId((context.fresh_id)()),
        state,
        work,
    };
    let (spent, was) = (work.spent(), before.into());
    let decision = decide_one(&user_context, before);
    let event = event(&user_context, before, &decision);
    let stored = decision.as_ref().ok().filter(|decision| decision.changed);
    let weight = stored.map_or(0, |decision| decision.user.profile.weight());
    let done = (work.spent() - spent).saturating_add(weight);
    state.add_work(done);
    let (Some(event), true) = (event, is_kept) else {
        let head = state.head(id);
        return decision.map(|decision| decided(decision, head));
    };
    match decision {
        Ok(mut decision) => {
            decision.user.last_event = state.record(event);
            let user = &decision.user;
            if decision.deleted {
                state.remove_user(user.site, user.id);
            } else {
                state.put_user(user.clone());
            }
            state.note_presence(user.site, user.id, was, context.now);
            Ok(decided(decision, state.head(id)))
        }
        Err(refusal) => {
            record_refusal(state, event);
            Err(refusal)
        }
    }
}

/// Records a line about something that was refused as a whole. Nothing else of the user changes.
pub(super) fn record_refusal(state: &mut State, event: Event) {
    let user = event.user.and_then(|id| state.user(event.site, id)).cloned();
    let previous = event.user.map(|_| user.as_ref().map_or(0, |user| user.last_event));
    let last_event = state.record(Event { previous, ..event });
    if let Some(user) = user {
        state.put_user(User { last_event, ..user });
    }
}

/// The user that a command is about, if the caller sees it; for a creation whoever has the user name,
/// for a sign-in before that whoever has the subject.
fn target<'a>(state: &'a State, site: &Site, caller: &Caller, action: &Action) -> Option<&'a User> {
    match action {
        Action::CreateUser(creation) => state.owner(site.id, &creation.user_name),
        Action::RegisterSignIn(SignIn { subject, user_name, .. }) => {
            let known = subject.as_ref().and_then(|subject| state.known_as(site.id, subject));
            known.or_else(|| state.owner(site.id, user_name))
        }
        action => {
            let named = state.user(site.id, action.user()?);
            // Groups have members whom the directory deleted.
            named.filter(|user| action.follows_groups() || caller.scope().shows(user))
        }
    }
}

fn decided(decision: UserDecision, revision: i64) -> Decision {
    let UserDecision { user, changed, created, deleted, notices } = decision;
    Decision { answer: Answer::User { user, created, deleted }, changed, notices, revision }
}

fn decide_one(context: &UserContext<'_>, before: Option<&User>) -> Result<UserDecision, Refusal> {
    admitted(context, before)?;
    match context.action {
        Action::CreateUser(creation) => create(context, creation, before),
        Action::RegisterSignIn(sign_in) => register_sign_in(context, sign_in, before),
        Action::ChangeUser { changes, .. } => change(context, changes, before.ok_or_else(unknown)?),
        Action::DeleteUser { .. } => delete(context, before.ok_or_else(unknown)?),
        Action::Batch(_)
        | Action::CreateSite { .. }
        | Action::DeleteSite
        | Action::UpdateSettings(_)
        | Action::CreateConnection { .. }
        | Action::UpdateConnection(_)
        | Action::DeleteConnection { .. }
        | Action::CreateToken(_)
        | Action::RevokeToken { .. }
        | Action::RevealToken { .. }
        | Action::Group(_)
        | Action::Access(_)
        | Action::Session(_) => {
            Err(Refusal::new(Reason::ValueInvalid, "this command is not about a user"))
        }
    }
}

/// What is asked of every caller before anything else.
fn admitted(context: &UserContext<'_>, before: Option<&User>) -> Result<(), Refusal> {
    context.site.admits(&context.command.caller)?;
    match (context.action, before) {
        (Action::CreateUser(_), _) | (_, None) => Ok(()),
        (_, Some(user)) => context.check_version(user.version),
    }
}

fn register_sign_in(
    context: &UserContext<'_>,
    sign_in: &SignIn,
    known: Option<&User>,
) -> Result<UserDecision, Refusal> {
    if let Caller::Connection { .. } = context.command.caller {
        return Err(Refusal::new(
            Reason::CallerNotPermitted,
            "a connection can't register sign-ins; the single sign-on service does",
        ));
    }
    let mut changes = refreshment(&sign_in.profile);
    let own = known.and_then(|user| Some((user, user.subject.as_ref()?)));
    match (own, &sign_in.subject) {
        // Whatever they were called before, they are called so now.
        (Some((user, own)), Some(subject)) if own == subject => {
            if context.owner(&sign_in.user_name).is_some_and(|owner| owner.id != user.id) {
                return Err(another(&sign_in.user_name));
            }
            if user.user_name.key() != sign_in.user_name.key() {
                changes.push(Change::SetUserName(sign_in.user_name.clone()));
            }
        }
        (Some(_), Some(_)) => return Err(another(&sign_in.user_name)),
        (Some(_), None) => return Err(subject_missing(&sign_in.user_name)),
        // Who is not let in may be somebody else, who was given the name.
        (None, Some(subject)) if known.is_none_or(User::is_active) => {
            changes.push(Change::SetSubject(subject.clone()));
        }
        (None, _) => {}
    }
    if let Some(user) = known {
        return change(context, &changes, user);
    }
    let creation = Creation { user_name: sign_in.user_name.clone(), changes };
    create(context, &creation, None)
}

/// A sign-in sets the values it brings and adds the elements it brings; the directory's other
/// values stay, so that sign-in and sync never undo one another.
fn refreshment(profile: &Profile) -> Vec<Change> {
    let change = |(name, value): (&AttributeName, &Value)| match value {
        Value::List(elements) => Change::EditList(ListEdit {
            list: name.clone(),
            multi_valued: true,
            selector: None,
            edit: ListOperation::Add(elements.clone()),
        }),
        value => Change::SetAttribute(name.clone(), Some(value.clone())),
    };
    profile.attributes.iter().map(change).collect()
}

fn delete(context: &UserContext<'_>, before: &User) -> Result<UserDecision, Refusal> {
    if let Caller::Connection { .. } = context.command.caller {
        if is_protected(context, &before.user_name.key()) {
            return Err(protection(&before.user_name));
        }
        match deletion_policy(context) {
            DeletionPolicy::Refuse => {
                return Err(Refusal::new(
                    Reason::DeletionRefused,
                    "users of this site are not deleted by the identity provider; untick the \
                     deletion of users there, or let it suspend them instead",
                )
                .naming(MetadataKey::Setting, "deletion"));
            }
            DeletionPolicy::Deactivate
                if context.site.policy.status_authority == StatusAuthority::Local =>
            {
                return Err(Refusal::new(
                    Reason::DeletionRefused,
                    "a deletion would only deactivate the account, and this site is in charge of the \
                     status, not the directory; untick the deletion of users there",
                )
                .naming(MetadataKey::Setting, "status_authority"));
            }
            DeletionPolicy::Deactivate => {
                // Refused as a whole, because a deletion that was half done is none.
                keep_somebody(context, before.is_active_admin(), false)?;
                let deleted = Change::SetDirectoryStatus(DirectoryStatus::Deleted);
                return change(context, &[deleted], before);
            }
            DeletionPolicy::Delete => {}
        }
    }
    keep_somebody(context, before.is_active_admin(), false)?;
    Ok(UserDecision {
        user: before.clone(),
        changed: true,
        created: false,
        deleted: true,
        notices: Vec::new(),
    })
}

/// What a connection's deletion does. Where it is understood strictly, what it is told was deleted is gone.
fn deletion_policy(context: &UserContext<'_>) -> DeletionPolicy {
    if context.command.caller.is_strict() {
        DeletionPolicy::Delete
    } else {
        context.site.policy.deletion
    }
}

/// A user name that was given to another person brings nobody to the account.
fn another(name: &UserName) -> Refusal {
    mismatch(
        name,
        "doesn't know by this subject; if it is somebody else, rename or delete that account before they \
         sign in by its name; if the identity provider knows the same person anew, have the subject \
         forgotten: provost user forget-subject, or the change forget_subject",
    )
}

/// Who is known by a subject is not found by the user name alone.
fn subject_missing(name: &UserName) -> Refusal {
    mismatch(
        name,
        "knows by a subject, which this sign-in lacks; send it with every sign-in, or have it forgotten: \
         provost user forget-subject, or the change forget_subject",
    )
}

fn mismatch(name: &UserName, why: &str) -> Refusal {
    let name = name.as_str();
    let message = format!(
        "the user name {name} belongs to a user of this site whom the identity provider {why}"
    );
    Refusal::about(Reason::SubjectMismatch, "subject", message).naming(MetadataKey::UserName, name)
}

fn unknown() -> Refusal {
    Refusal::new(Reason::UserNotFound, "there is no such user in this site")
}
