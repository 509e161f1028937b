//! The judge: one ask about one user, decided from what it is given.

use super::apply::{Draft, taken};
use super::last_admin::keep_somebody;
use super::{
    Caller, Change, Creation, CreationPolicy, DeletionPolicy, DirectoryStatus, Edit, Event,
    EventKind, ListEdit, Notice, Outcome, Picture, Portrait, Profile, Reason, Refusal, Role,
    SignIn, Site, Timestamp, Unmet, User, UserId, UserName, UserNameKey,
};

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// Apply these changes to a user, in order.
    Change(Vec<Change>),
    /// Create a user.
    Create(Creation),
    /// A valid assertion was seen.
    SignIn(SignIn),
    /// Delete a user.
    Delete,
}

/// Something asked about one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// By whom.
    pub caller: Caller,
    /// What.
    pub verb: Verb,
    /// The version that the caller believes the user to have.
    pub expected_version: Option<i64>,
    /// The trace in which it is asked.
    pub trace_id: Option<String>,
}

/// What a decision depends on besides the ask and the user.
pub struct Case<'a> {
    /// The site, with its policy in force.
    pub site: &'a Site,
    /// The present.
    pub now: Timestamp,
    /// The id for a user that may be created.
    pub fresh_id: UserId,
    /// How many active Admins the site has besides the user asked about.
    pub other_active_admins: u64,
    /// Who in the site has a user name.
    pub owner_of: &'a dyn Fn(&UserNameKey) -> Option<UserId>,
}

/// What was decided.
#[derive(Debug)]
pub struct Verdict {
    /// What the caller is told.
    pub answer: Result<Answer, Refusal>,
    /// What the ledger is told, if anything; its revision is not given yet.
    pub event: Option<Event>,
}

/// What the caller is told when the ask was not refused as a whole.
#[derive(Debug)]
pub struct Answer {
    /// The user in force; the last one for a deletion.
    pub user: User,
    /// Whether anything was applied.
    pub changed: bool,
    /// Whether the user was created by this.
    pub created: bool,
    /// Whether the user is gone.
    pub deleted: bool,
    /// What is not in force.
    pub notices: Vec<Notice>,
}

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

/// A sign-in sets the texts it brings and adds the elements it brings; the directory's other
/// values stay, so that sign-in and sync never undo one another.
fn refreshment(profile: &Profile) -> Vec<Change> {
    let texts =
        profile.texts.iter().map(|(name, text)| Change::SetText(name.clone(), Some(text.clone())));
    let lists = profile.lists.iter().map(|(list, elements)| {
        Change::EditList(ListEdit {
            list: list.clone(),
            selector: None,
            edit: Edit::Add(elements.clone()),
        })
    });
    texts.chain(lists).collect()
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

/// What of the notices tells of something asked and not done.
fn unmet(notices: &[Notice]) -> Vec<Unmet> {
    let unmet = notices.iter().filter(|notice| notice.reason.is_recorded());
    unmet.map(|notice| Unmet(notice.reason, notice.attribute.clone())).collect()
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
        profile: Profile::default(),
        unmet: Vec::new(),
        version: 1,
        created_at: case.now,
        updated_at: case.now,
    }
}

fn event(
    case: &Case<'_>,
    before: Option<&User>,
    ask: &Ask,
    answer: &Result<Answer, Refusal>,
) -> Option<Event> {
    let (kind, asked) = match &ask.verb {
        Verb::Change(changes) => (EventKind::UserChanged, words(changes)),
        Verb::Create(_) => (EventKind::UserCreated, vec!["create"]),
        Verb::SignIn(_) if before.is_none() => (EventKind::UserCreated, vec!["sign_in"]),
        Verb::SignIn(_) => (EventKind::UserChanged, vec!["sign_in"]),
        Verb::Delete => (EventKind::UserDeleted, vec!["delete"]),
    };
    let line = |user, kind, outcome, notices: &[Notice], pictures: Portraits| Event {
        site: case.site.id,
        revision: 0,
        user,
        at: case.now,
        caller: ask.caller.clone(),
        kind,
        outcome,
        asked: asked.clone(),
        notices: notices.to_vec(),
        before: pictures.0.map(Picture::User),
        after: pictures.1.map(Picture::User),
        trace_id: ask.trace_id.clone(),
    };
    match answer {
        Err(refusal) if refusal.reason.is_judgement() => {
            let notices = [Notice::from(refusal.clone())];
            let user = before.map(|user| user.id);
            Some(line(user, kind, Outcome::Refused, &notices, (None, None)))
        }
        Err(_) => None,
        // Nothing new was refused, or what is refused was written down before.
        Ok(answer)
            if !answer.changed && before.is_none_or(|user| user.unmet == answer.user.unmet) =>
        {
            None
        }
        Ok(answer) => {
            let outcome = match (answer.changed, unmet(&answer.notices).is_empty()) {
                (false, _) => Outcome::Refused,
                (true, true) => Outcome::Accepted,
                (true, false) => Outcome::PartlyAccepted,
            };
            // A deletion that the policy turned into a deactivation is a change.
            let kind = match kind {
                EventKind::UserDeleted if !answer.deleted => EventKind::UserChanged,
                other => other,
            };
            let pictures = pictures(before, answer);
            Some(line(Some(answer.user.id), kind, outcome, &answer.notices, pictures))
        }
    }
}

/// What was, and what is.
type Portraits = (Option<Portrait>, Option<Portrait>);

fn pictures(before: Option<&User>, answer: &Answer) -> Portraits {
    match before {
        _ if !answer.changed => (None, None),
        Some(before) if answer.deleted => (Some(Portrait::of(before)), None),
        Some(before) => (
            Some(Portrait::of_difference(before, &answer.user)),
            Some(Portrait::of_difference(&answer.user, before)),
        ),
        None => (None, Some(Portrait::of(&answer.user))),
    }
}

fn words(changes: &[Change]) -> Vec<&'static str> {
    let mut words: Vec<_> = changes.iter().map(Change::word).collect();
    words.dedup();
    words
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
