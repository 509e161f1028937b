//! Events, as people and scripts read them.

use std::collections::BTreeMap;

use provost_proto::v1::event_state::State;
use provost_proto::v1::{
    Connection, ConnectionDialect, Event, EventNotice, EventState, Ledger, ScimSettings, Service,
    ServiceToken, Token, UserSnapshot,
};
use serde::Serialize;

use super::super::core::{Form, Output};
use super::super::print::Head;
use super::super::service::GrantView;
use super::super::user::{HoldView, ValueView};
use super::super::{print, time};
use super::group_views::{GroupRuleStateView, GroupStateView};
use crate::run_error::RunError;

/// Of a table of events.
pub const EVENT_HEAD: Head<'static> = Head {
    always: &["revision", "time", "caller", "kind", "outcome", "not done because"],
    wide: &["asked", "user id", "on behalf of", "reason", "trace id"],
};

#[derive(Serialize)]
struct LedgerView {
    oldest_revision: i64,
    oldest_time: Option<String>,
    head_revision: i64,
    head_time: Option<String>,
    retention_days: i32,
}

/// An event as scripts read it.
#[derive(Serialize)]
pub struct EventView {
    revision: i64,
    time: Option<String>,
    caller: String,
    user_id: String,
    kind: String,
    kind_version: i32,
    asked: Vec<String>,
    outcome: &'static str,
    notices: Vec<EventNoticeView>,
    before: Option<StateView>,
    after: Option<StateView>,
    reason: String,
    trace_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    on_behalf_of: String,
    unknown_body: String,
}

#[derive(Serialize)]
struct EventNoticeView {
    reason: String,
    attribute: String,
    message: String,
}

#[derive(Serialize)]
#[serde(untagged)]
enum StateView {
    User(Box<SnapshotView>),
    Settings(SettingsStateView),
    Connection(ConnectionStateView),
    Token(TokenStateView),
    Service(ServiceStateView),
    ServiceToken(ServiceTokenStateView),
    ServiceCertificate { service: String, certificate: String },
    Group(GroupStateView),
    GroupRule(GroupRuleStateView),
    Session { session: String, expire_time: Option<String> },
}

#[derive(Serialize)]
struct SnapshotView {
    version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    directory_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    holds: Option<Vec<HoldView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_role: Option<&'static str>,
    /// A value that is not there is null.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    profile: BTreeMap<String, Option<ValueView>>,
}

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that people know by its name")]
struct SettingsStateView {
    enabled: bool,
    allow_moderator_promotion: bool,
    allow_admin_promotion: bool,
    creation: &'static str,
    deletion: &'static str,
    refusals: &'static str,
    protected_user_names: Vec<String>,
    status_authority: &'static str,
    single_sign_on: bool,
    user_name_assertion: String,
    ledger_retention_days: i32,
    known_users: &'static str,
}

#[derive(Serialize)]
struct ConnectionStateView {
    connection: String,
    /// How it is understood, where that has changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    dialect: Option<&'static str>,
}

#[derive(Serialize)]
struct TokenStateView {
    id: String,
    name: String,
    connection: String,
    expire_time: Option<String>,
}

#[derive(Serialize)]
struct ServiceStateView {
    service: String,
    /// The grant that was given, changed or taken away; of a deleted service all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grants: Vec<GrantView>,
}

#[derive(Serialize)]
struct ServiceTokenStateView {
    id: String,
    name: String,
    service: String,
    expire_time: Option<String>,
}

/// Prints which events there are.
pub fn say_ledger(ledger: Ledger, form: Form) -> Result<(), RunError> {
    let Ledger { oldest_revision, oldest_time, head_revision, head_time, retention_days } = ledger;
    if form.output == Output::Json {
        let [oldest_time, head_time] = [oldest_time, head_time].map(|at| at.map(time::written));
        let view =
            LedgerView { oldest_revision, oldest_time, head_revision, head_time, retention_days };
        return print::say_json(&view);
    }
    let pairs = [
        ("oldest_revision", oldest_revision.to_string()),
        ("oldest_time", time::short(oldest_time)),
        ("head_revision", head_revision.to_string()),
        ("head_time", time::short(head_time)),
        ("retention_days", print::days(retention_days)),
    ];
    print::say_pairs(form, &pairs)
}

/// Prints many events.
pub fn say_events(events: Vec<Event>, form: Form) -> Result<(), RunError> {
    if form.output == Output::Json {
        return print::say_json(&events.into_iter().map(EventView::new).collect::<Vec<_>>());
    }
    let rows = events.into_iter().map(event_cells).collect();
    print::say_table(form, &EVENT_HEAD, rows, "No such event.")
}

/// Prints one event with everything that it says.
pub fn say_event(event: Event, form: Form) -> Result<(), RunError> {
    let view = EventView::new(event);
    if form.output == Output::Json {
        return print::say_json(&view);
    }
    let mut pairs = vec![
        ("revision", view.revision.to_string()),
        ("time", view.time.unwrap_or_default()),
        ("caller", view.caller),
        ("on_behalf_of", view.on_behalf_of),
        ("kind", view.kind),
        ("user_id", view.user_id),
        ("asked", view.asked.join(", ")),
        ("outcome", view.outcome.to_owned()),
    ];
    for EventNoticeView { reason, attribute: _, message } in view.notices {
        pairs.push(("notice", format!("{message} [{reason}]")));
    }
    for (name, state) in [("before", &view.before), ("after", &view.after)] {
        if let Some(state) = state {
            pairs.push((name, serde_json::to_string(state).map_err(std::io::Error::other)?));
        }
    }
    pairs.push(("reason", view.reason));
    pairs.push(("trace_id", view.trace_id));
    if !view.unknown_body.is_empty() {
        pairs.push(("unknown_body", view.unknown_body));
    }
    print::say_pairs(form, &pairs)
}

/// The cells of an event in a table, under [`EVENT_HEAD`].
pub fn event_cells(event: Event) -> Vec<String> {
    let at = time::short(event.time);
    let event = EventView::new(event);
    let reasons: Vec<&str> = event.notices.iter().map(|notice| notice.reason.as_str()).collect();
    vec![
        event.revision.to_string(),
        at,
        event.caller,
        event.kind,
        event.outcome.to_owned(),
        reasons.join(", "),
        event.asked.join(", "),
        event.user_id,
        event.on_behalf_of,
        event.reason,
        event.trace_id,
    ]
}

impl EventView {
    /// Of an event.
    pub fn new(event: Event) -> Self {
        let outcome = event.outcome().into();
        let Event {
            revision,
            time: at,
            caller,
            user_id,
            kind,
            kind_version,
            asked,
            outcome: _,
            notices,
            before,
            after,
            reason,
            trace_id,
            on_behalf_of,
            unknown_body,
            site: _,
            follows_revision: _,
        } = event;
        let notice = |EventNotice { reason, attribute, message }| EventNoticeView {
            reason,
            attribute,
            message,
        };
        let state = |state: Option<EventState>| Some(StateView::new(state?.state?));
        Self {
            revision,
            time: at.map(time::written),
            caller,
            user_id,
            kind,
            kind_version,
            asked,
            outcome,
            notices: notices.into_iter().map(notice).collect(),
            before: state(before),
            after: state(after),
            reason,
            trace_id,
            on_behalf_of,
            unknown_body,
        }
    }
}

impl StateView {
    fn new(state: State) -> Self {
        match state {
            State::User(user) => Self::User(Box::new(SnapshotView::new(user))),
            State::Settings(settings) => Self::Settings(SettingsStateView::new(settings)),
            State::Connection(connection) => Self::Connection(ConnectionStateView::new(connection)),
            State::Token(token) => Self::Token(TokenStateView::new(token)),
            State::Service(service) => Self::Service(ServiceStateView::new(service)),
            State::ServiceToken(token) => Self::ServiceToken(ServiceTokenStateView::new(token)),
            State::Group(group) => Self::Group(GroupStateView::new(group)),
            State::GroupRule(rule) => Self::GroupRule(GroupRuleStateView::new(rule)),
            State::ServiceCertificate(it) => {
                Self::ServiceCertificate { service: it.service, certificate: it.certificate_name }
            }
            State::Session(it) => {
                Self::Session { session: it.id, expire_time: it.expire_time.map(time::written) }
            }
        }
    }
}

impl ConnectionStateView {
    fn new(connection: Connection) -> Self {
        let dialect = connection.dialect();
        let is_shown = dialect != ConnectionDialect::Unspecified;
        Self { connection: connection.name, dialect: is_shown.then(|| dialect.into()) }
    }
}

impl SnapshotView {
    fn new(user: UserSnapshot) -> Self {
        let role = user.role.is_some().then(|| user.role().into());
        let base_role = user.base_role.is_some().then(|| user.base_role().into());
        let status = user.directory_status.is_some().then(|| user.directory_status().into());
        let UserSnapshot {
            version,
            user_name,
            external_id,
            subject,
            active,
            directory_status: _,
            holds,
            role: _,
            base_role: _,
            attributes,
        } = user;
        let attribute = |(name, value)| (name, ValueView::new(value));
        Self {
            version,
            user_name,
            external_id,
            subject,
            active,
            directory_status: status,
            holds: holds.map(|list| list.holds.into_iter().map(HoldView::new).collect()),
            role,
            base_role,
            profile: attributes.into_iter().map(attribute).collect(),
        }
    }
}

impl SettingsStateView {
    fn new(settings: ScimSettings) -> Self {
        Self {
            enabled: settings.enabled,
            allow_moderator_promotion: settings.allow_moderator_promotion,
            allow_admin_promotion: settings.allow_admin_promotion,
            creation: settings.creation().into(),
            deletion: settings.deletion().into(),
            refusals: settings.refusals().into(),
            status_authority: settings.status_authority().into(),
            known_users: settings.known_users().into(),
            single_sign_on: settings.single_sign_on,
            protected_user_names: settings.protected_user_names,
            user_name_assertion: settings.user_name_assertion,
            ledger_retention_days: settings.ledger_retention_days,
        }
    }
}

impl TokenStateView {
    fn new(token: Token) -> Self {
        let Token { id, name, connection, expire_time, .. } = token;
        Self { id, name, connection, expire_time: expire_time.map(time::written) }
    }
}

impl ServiceStateView {
    fn new(service: Service) -> Self {
        let Service { name, grants, .. } = service;
        Self { service: name, grants: grants.into_iter().map(GrantView::new).collect() }
    }
}

impl ServiceTokenStateView {
    fn new(token: ServiceToken) -> Self {
        let ServiceToken { id, name, service, expire_time, .. } = token;
        Self { id, name, service, expire_time: expire_time.map(time::written) }
    }
}
