//! A site, its users and its callers, to put cases to the law. Owns the defaults of a case; must
//! never expect an answer.

use crate::{
    Action, Answer, AttributeName, Attributes, Caller, Change, Changes, Command, ConnectionDialect,
    ConnectionPolicy, ConnectionSettings, Context, Creation, Decision, DirectoryStatus,
    ElementFilter, Event, EventBody, Hold, HoldName, HoldNote, ListEdit, ListOperation, Loaded,
    Needs, Notice, ProfileAttribute, ProfileSchema, Reason, Refusal, RefusalPolicy, Replacement,
    Role, Site, SiteId, State, Timestamp, User, UserId, UserName, UserSnapshot, Value, decide,
    needs,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

pub const SITE: SiteId = SiteId(7);
/// When users were last changed, before the case.
pub const BEFORE: Timestamp = Timestamp(1_000);
/// When the case is decided.
pub const NOW: Timestamp = Timestamp(2_000);

/// Everything a decision depends on. By default a second Admin is in charge, so that the rule
/// about the last one speaks only where a case is about it.
pub struct Court {
    pub site: Site,
    pub now: Timestamp,
    pub other_active_admins: u64,
    /// Names that other users of the site have.
    pub taken: Vec<UserName>,
}

impl Court {
    pub fn with(policy: ConnectionPolicy) -> Self {
        let site = Site {
            id: SITE,
            name: "acme".to_owned(),
            revision: 40,
            last_event_at: None,
            version: 1,
            policy,
            created_at: BEFORE,
            group_rules: crate::GroupRules::default(),
            group_count: 2,
        };
        Self { site, now: NOW, other_active_admins: 1, taken: Vec::new() }
    }

    pub fn default() -> Self {
        Self::with(ConnectionPolicy::default())
    }

    /// Everything open, and this becomes of what is refused.
    pub fn open(refusals: RefusalPolicy) -> Self {
        Self::with(open_policy(refusals))
    }

    /// Decides what is asked where `before` is the user asked about, if there is one.
    pub fn decide(&self, before: Option<&User>, command: &Command) -> Verdict {
        let mut state = State::default();
        state.take_in(Needs::default(), self.loaded(before));
        ask_for_the_rest(&mut state, command);
        let context = Context { now: self.now, fresh_id: &|| id(99).0 };
        let decision = decide(&mut state, &context, command);
        let event = state.into_changes().events.pop();
        let answer = decision.map(|decision| {
            let Decision { answer, changed, notices, revision: _ } = decision;
            let Answer::User { user, created, deleted } = answer else { panic!("{answer:?}") };
            // Which line of the ledger is the last one is for `chains.rs`.
            let user = User { last_event: 0, ..user };
            Decided { user, changed, created, deleted, notices }
        });
        Verdict { answer, event }
    }

    fn loaded(&self, before: Option<&User>) -> Loaded {
        let taken = self.taken.iter().zip(1_000..).map(|(name, number)| User {
            id: id(number),
            user_name: name.clone(),
            ..user()
        });
        let in_charge = u64::from(before.is_some_and(User::is_active_admin));
        Loaded {
            sites: vec![self.site.clone()],
            users: taken.chain(before.cloned()).collect(),
            active_admins: vec![(SITE, self.other_active_admins + in_charge)],
            ..Loaded::default()
        }
    }

    pub fn change(&self, caller: &Caller, user: &User, changes: Vec<Change>) -> Verdict {
        self.decide(Some(user), &ask(caller, Action::ChangeUser { user: user.id, changes }))
    }

    pub fn create(&self, caller: &Caller, name: &str, changes: Vec<Change>) -> Verdict {
        let creation = Creation { user_name: self::name(name), changes };
        self.decide(None, &ask(caller, Action::CreateUser(creation)))
    }

    pub fn delete(&self, caller: &Caller, user: &User) -> Verdict {
        self.decide(Some(user), &ask(caller, Action::DeleteUser { user: user.id }))
    }
}

/// The last revision of each ledger that got events.
pub fn last_revisions(changes: &Changes) -> Vec<(SiteId, i64)> {
    let events = changes.events.iter().map(|event| (event.site, event.revision));
    events.collect::<BTreeMap<_, _>>().into_iter().collect()
}

/// Whatever else the command needs is absent.
pub fn ask_for_the_rest(state: &mut State, command: &Command) {
    loop {
        let missing = needs(state, std::iter::once(command));
        if missing.is_empty() {
            return;
        }
        let key = |is_needed: bool| is_needed.then_some(1);
        let loaded = Loaded {
            next_site: key(missing.next_site),
            next_connection: key(missing.next_connection),
            next_service: key(missing.next_service),
            ..Loaded::default()
        };
        state.take_in(missing, loaded);
    }
}

/// What came of a command about a user.
#[derive(Debug, PartialEq)]
pub struct Verdict {
    pub answer: Result<Decided, Refusal>,
    pub event: Option<Event>,
}

/// A decision about a user.
#[derive(Debug, PartialEq)]
pub struct Decided {
    pub user: User,
    pub changed: bool,
    pub created: bool,
    pub deleted: bool,
    pub notices: Vec<Notice>,
}

impl Verdict {
    pub(super) fn accepted(self) -> Decided {
        self.answer.unwrap_or_else(|refusal| panic!("{refusal}"))
    }

    pub(super) fn refused(self) -> Refusal {
        match self.answer {
            Ok(decided) => panic!("{:?} was not refused", decided.user),
            Err(refusal) => refusal,
        }
    }
}

/// What an event shows of a user before.
pub fn shown_before(event: &Event) -> Option<&UserSnapshot> {
    match &event.body {
        EventBody::UserChanged { before, .. } | EventBody::UserDeleted { before, .. } => {
            before.as_deref()
        }
        _ => None,
    }
}

/// What an event shows of a user after.
pub fn shown_after(event: &Event) -> Option<&UserSnapshot> {
    match &event.body {
        EventBody::UserCreated { after, .. } | EventBody::UserChanged { after, .. } => {
            after.as_deref()
        }
        _ => None,
    }
}

impl Decided {
    /// Reason and attribute of each notice.
    pub(super) fn told(&self) -> Vec<(Reason, &str)> {
        self.notices.iter().map(|notice| (notice.reason, notice.attribute.as_str())).collect()
    }
}

pub fn open_policy(refusals: RefusalPolicy) -> ConnectionPolicy {
    ConnectionPolicy {
        allow_moderator_promotion: true,
        allow_admin_promotion: true,
        refusals,
        ..ConnectionPolicy::default()
    }
}

pub fn ask(caller: &Caller, action: Action) -> Command {
    Command {
        on_behalf_of: None,
        site: Some(SITE),
        caller: caller.clone(),
        action,
        expected_version: None,
        request: None,
        validate_only: false,
        reason: None,
        token: None,
        trace_id: None,
    }
}

/// Changes asked of the ordinary user.
pub fn changing(changes: Vec<Change>) -> Action {
    Action::ChangeUser { user: id(1), changes }
}

/// The deletion of the ordinary user.
pub fn deleting() -> Action {
    Action::DeleteUser { user: id(1) }
}

pub fn okta() -> Caller {
    Caller::Connection { site: SITE, name: "okta".to_owned(), settings: ConnectionSettings::USUAL }
}

/// A connection that is held to the published protocol.
pub fn strict() -> Caller {
    let settings = ConnectionSettings { dialect: ConnectionDialect::Strict };
    Caller::Connection { site: SITE, name: "okta".to_owned(), settings }
}

pub fn callers() -> [Caller; 2] {
    [okta(), Caller::Operator]
}

pub const REFUSALS: [RefusalPolicy; 2] = [RefusalPolicy::Notice, RefusalPolicy::Reject];

/// Whether a refused change of this caller leaves the rest of the request standing.
pub fn is_lenient(caller: &Caller, refusals: RefusalPolicy) -> bool {
    *caller != Caller::Operator && refusals == RefusalPolicy::Notice
}

pub fn id(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

pub fn name(text: &str) -> UserName {
    UserName::parse(text).unwrap()
}

/// An ordinary user of the site, changed twice so far.
pub fn user() -> User {
    User {
        site: SITE,
        id: id(1),
        user_name: name("ada@example.com"),
        external_id: None,
        subject: None,
        directory_status: DirectoryStatus::Active,
        holds: Vec::new(),
        role: Role::Registered,
        base_role: None,
        profile: Arc::default(),
        recorded_refusals: Vec::new(),
        last_event: 0,
        version: 3,
        created_at: BEFORE,
        updated_at: BEFORE,
    }
}

pub fn with_role(role: Role) -> User {
    User { role, ..user() }
}

pub fn held_by(user: User, holds: &[&str]) -> User {
    User { holds: holds.iter().map(|name| hold(name)).collect(), ..user }
}

pub fn hold(name: &str) -> Hold {
    Hold {
        name: hold_name(name),
        owner: Caller::Operator.to_string(),
        note: String::new(),
        placed_at: BEFORE,
        expires_at: None,
    }
}

pub fn hold_name(text: &str) -> HoldName {
    HoldName::parse(text).unwrap()
}

pub fn place(name: &str) -> Change {
    Change::PlaceHold { name: hold_name(name), note: HoldNote("why".to_owned()), expiration: None }
}

pub fn lift(name: &str) -> Change {
    Change::LiftHold(hold_name(name))
}

pub fn set_active(active: bool) -> Change {
    Change::SetDirectoryStatus(DirectoryStatus::from(active))
}

pub fn attribute(name: &str) -> &'static ProfileAttribute {
    ProfileSchema::STANDARD.attribute(name).unwrap()
}

pub fn attribute_name(name: &str) -> AttributeName {
    attribute(name).name()
}

/// A sub-attribute of e-mail addresses.
pub fn sub_name(name: &str) -> AttributeName {
    attribute("emails").sub_attribute(name).unwrap().name()
}

pub fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub fn set_text(name: &str, value: Option<&str>) -> Change {
    Change::SetAttribute(attribute_name(name), value.map(text))
}

pub fn set_title(title: &str) -> Change {
    set_text("title", Some(title))
}

pub fn title(user: &User) -> Option<&str> {
    user.profile.text("title")
}

/// Texts of an e-mail address.
pub fn texts(texts: &[(&str, &str)]) -> Attributes {
    texts.iter().map(|(name, value)| (sub_name(name), text(value))).collect()
}

/// An e-mail address.
pub fn element(known: &[(&str, &str)], primary: bool) -> Value {
    let mut element = Value::Complex(texts(known));
    element.set_primary(primary);
    element
}

pub fn edit_emails(selector: Option<ElementFilter>, edit: ListOperation) -> Change {
    let list = attribute_name("emails");
    Change::EditList(ListEdit { list, multi_valued: true, selector, edit })
}

pub fn replace(active: Option<bool>, role: Option<Role>) -> Change {
    Change::Replace(Box::new(Replacement {
        directory_status: active.map(DirectoryStatus::from),
        role,
        ..Replacement::default()
    }))
}
