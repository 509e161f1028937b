//! The judge: one ask about one user, decided from what it is given.

use super::apply::{Draft, taken};
use super::last_admin::keep_somebody;
use super::record::{event, unmet};
use super::{
    Answer, Ask, AttributeName, Caller, Case, Change, Creation, CreationPolicy, DeletionPolicy,
    DirectoryStatus, Edit, ListEdit, Profile, Reason, Refusal, Role, SignIn, User, UserName,
    UserNameKey, Value, Verb, Verdict,
};
use std::sync::Arc;

/// Decides. `before` is the user asked about; for a creation and a sign-in the one who has the
/// user name, if anybody.
pub fn decide(case: &Case<'_>, before: Option<&User>, ask: &Ask) -> Verdict {
    let answer = admitted(case, before, ask).and_then(|()| match (&ask.verb, before) {
        (Verb::Create(creation), before) => create(case, ask, creation, before),
        (Verb::SignIn(sign_in), before) => register_sign_in(case, ask, sign_in, before),
        (Verb::Change(_) | Verb::Delete, None) => Err(unknown_user()),
        (Verb::Change(changes), Some(before)) => change(case, ask, changes, before),
        (Verb::Delete, Some(before)) => delete(case, ask, before),
    });
    let event = event(case, before, ask, &answer);
    Verdict { answer, event }
}

/// What is asked of every caller before anything else.
fn admitted(case: &Case<'_>, before: Option<&User>, ask: &Ask) -> Result<(), Refusal> {
    case.site.admits(&ask.caller)?;
    match (ask.expected_version, before) {
        (Some(expected), Some(user)) if expected != user.version => Err(Refusal::new(
            Reason::VersionMismatch,
            format!(
                "the user has version {}, not {expected}; read it again and repeat the change",
                user.version
            ),
        )),
        _ => Ok(()),
    }
}

fn change(
    case: &Case<'_>,
    ask: &Ask,
    changes: &[Change],
    before: &User,
) -> Result<Answer, Refusal> {
    let mut draft = Draft::new(case, &ask.caller, before.clone());
    draft.apply(changes)?;
    let protected = [&before.user_name, &draft.user.user_name]
        .into_iter()
        .find(|name| is_protected(case, &ask.caller, &name.key()))
        .cloned();
    if let Some(name) = protected
        && draft.user != *before
    {
        draft.user = before.clone();
        draft.notices.clear();
        draft.refuse(protection(&name))?;
    }
    Ok(settled(case, draft, before))
}

fn create(
    case: &Case<'_>,
    ask: &Ask,
    creation: &Creation,
    owner: Option<&User>,
) -> Result<Answer, Refusal> {
    if owner.is_some() {
        return Err(taken(&creation.user_name));
    }
    if let Caller::Connection { .. } = ask.caller {
        if case.site.policy.creation == CreationPolicy::Refuse {
            return Err(Refusal::new(
                Reason::CreationRefused,
                "users of this site are not created by the identity provider, they appear when \
                 they first sign in; untick the creation of users at the identity provider",
            ));
        }
        if is_protected(case, &ask.caller, &creation.user_name.key()) {
            return Err(protection(&creation.user_name));
        }
    }
    let mut draft = Draft::new(case, &ask.caller, newcomer(case, &creation.user_name));
    draft.apply(&creation.changes)?;
    let Draft { mut user, notices, .. } = draft;
    user.unmet = unmet(&notices);
    Ok(Answer { user, changed: true, created: true, deleted: false, notices })
}

fn register_sign_in(
    case: &Case<'_>,
    ask: &Ask,
    sign_in: &SignIn,
    known: Option<&User>,
) -> Result<Answer, Refusal> {
    if let Caller::Connection { .. } = ask.caller {
        return Err(Refusal::new(
            Reason::CallerNotPermitted,
            "a connection can't register sign-ins; the single sign-on service does",
        ));
    }
    let changes = refreshment(&sign_in.profile);
    if let Some(user) = known {
        return change(case, ask, &changes, user);
    }
    let creation = Creation { user_name: sign_in.user_name.clone(), changes };
    create(case, ask, &creation, None)
}

/// A sign-in sets the values it brings and adds the elements it brings; the directory's other
/// values stay, so that sign-in and sync never undo one another.
fn refreshment(profile: &Profile) -> Vec<Change> {
    let change = |(name, value): (&AttributeName, &Value)| match value {
        Value::List(elements) => Change::EditList(ListEdit {
            list: name.clone(),
            multi_valued: true,
            selector: None,
            edit: Edit::Add(elements.clone()),
        }),
        value => Change::SetAttribute(name.clone(), Some(value.clone())),
    };
    profile.attributes.iter().map(change).collect()
}

fn delete(case: &Case<'_>, ask: &Ask, before: &User) -> Result<Answer, Refusal> {
    if let Caller::Connection { .. } = ask.caller {
        if is_protected(case, &ask.caller, &before.user_name.key()) {
            return Err(protection(&before.user_name));
        }
        match case.site.policy.deletion {
            DeletionPolicy::Refuse => {
                return Err(Refusal::new(
                    Reason::DeletionRefused,
                    "users of this site are not deleted by the identity provider; untick the \
                     deletion of users there, or let it suspend them instead",
                ));
            }
            DeletionPolicy::Deactivate => {
                // Refused as a whole, because a deletion that was half done is none.
                keep_somebody(before.is_active_admin(), false, case.other_active_admins)?;
                let shut = Change::SetDirectoryStatus(DirectoryStatus::Inactive);
                return change(case, ask, &[shut], before);
            }
            DeletionPolicy::Delete => {}
        }
    }
    keep_somebody(before.is_active_admin(), false, case.other_active_admins)?;
    Ok(Answer {
        user: before.clone(),
        changed: true,
        created: false,
        deleted: true,
        notices: Vec::new(),
    })
}

/// Ends a draft: a new version when anything changed, the old user otherwise.
fn settled(case: &Case<'_>, draft: Draft<'_>, before: &User) -> Answer {
    let Draft { mut user, notices, .. } = draft;
    let unmet = unmet(&notices);
    let changed = user != *before;
    if changed {
        user.version += 1;
        user.updated_at = case.now;
    }
    if changed || !unmet.is_empty() {
        user.unmet = unmet;
    }
    Answer { user, changed, created: false, deleted: false, notices }
}

fn newcomer(case: &Case<'_>, user_name: &UserName) -> User {
    User {
        site: case.site.id,
        id: case.fresh_id,
        user_name: user_name.clone(),
        external_id: None,
        directory_status: DirectoryStatus::Active,
        holds: Vec::new(),
        role: Role::Registered,
        profile: Arc::default(),
        unmet: Vec::new(),
        version: 1,
        created_at: case.now,
        updated_at: case.now,
    }
}

fn is_protected(case: &Case<'_>, caller: &Caller, key: &UserNameKey) -> bool {
    matches!(caller, Caller::Connection { .. }) && case.site.policy.protects(key)
}

fn protection(name: &UserName) -> Refusal {
    Refusal::new(
        Reason::UserProtected,
        format!(
            "{} is a break-glass account of this site, which connections can't touch; take it \
             out of the assignment at the identity provider",
            name.as_str()
        ),
    )
}

fn unknown_user() -> Refusal {
    Refusal::new(Reason::UserNotFound, "there is no such user in this site")
}
