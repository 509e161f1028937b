//! From events of a ledger to messages.

use super::encode::{hold, role, status, time, value};
use super::encode_access;
use super::encode_group_rules::ruled_group;
use super::encode_sites::{settings, understood};
use super::status::published;
use provost_domain::{
    Asked, AttributeName, CertificateSnapshot, ConnectionPolicy, ConnectionSnapshot, EventBody,
    GrantSnapshot, GroupId, GroupName, GroupSnapshot, Outcome, RecordedEvent, RecordedNotice,
    RecordedOutcome, RecordedReason, Role, RoleHolder, RuledGroup, ServiceName, ServiceSnapshot,
    ServiceTokenSnapshot, SessionSnapshot, StandingDecision, TokenSnapshot, UserId, UserSnapshot,
    Value,
};
use provost_proto::v1;
use provost_proto::v1::event_state::State;

pub(super) fn event(event: RecordedEvent) -> v1::Event {
    let RecordedEvent {
        site: _,
        revision,
        user,
        at,
        caller,
        on_behalf_of,
        outcome,
        notices,
        body,
        trace_id,
        reason,
    } = event;
    let (kind, version) = (body.kind().to_owned(), body.version());
    let BodyParts { asked, before, after, unknown } = self::body(body);
    v1::Event {
        revision,
        time: Some(time(at)),
        caller,
        on_behalf_of: on_behalf_of.map(|user| user.0.to_string()).unwrap_or_default(),
        user_id: user.map(|user| user.0.to_string()).unwrap_or_default(),
        kind,
        kind_version: i32::try_from(version).unwrap_or(i32::MAX),
        asked: asked.into_iter().map(|word| <&str>::from(word).to_owned()).collect(),
        outcome: self::outcome(&outcome).into(),
        notices: notices.into_iter().map(notice).collect(),
        before: before.map(|state| v1::EventState { state: Some(state) }),
        after: after.map(|state| v1::EventState { state: Some(state) }),
        reason: reason.unwrap_or_default(),
        trace_id: trace_id.unwrap_or_default(),
        unknown_body: unknown,
        // Of events in a watch only.
        site: String::new(),
        follows_revision: 0,
    }
}

/// Somebody who had a role.
pub(super) fn role_holder(holder: RoleHolder) -> v1::RoleHolder {
    let RoleHolder { user, user_name, role: _, role_decision, active, status_decision } = holder;
    let decision = |StandingDecision { revision, at, caller, on_behalf_of }| {
        let on_behalf_of = on_behalf_of.map(|user| user.0.to_string()).unwrap_or_default();
        Some(v1::RoleDecision { revision, time: Some(time(at)), caller, on_behalf_of })
    };
    v1::RoleHolder {
        user_id: user.0.to_string(),
        user_name,
        role_decision: decision(role_decision),
        active,
        status_decision: decision(status_decision),
    }
}

const fn outcome(outcome: &RecordedOutcome) -> v1::Outcome {
    match outcome {
        RecordedOutcome::Known(Outcome::Accepted) => v1::Outcome::Accepted,
        RecordedOutcome::Known(Outcome::PartlyAccepted) => v1::Outcome::PartlyAccepted,
        RecordedOutcome::Known(Outcome::Refused) => v1::Outcome::Refused,
        RecordedOutcome::Unknown(_) => v1::Outcome::Unspecified,
    }
}

fn notice(notice: RecordedNotice) -> v1::EventNotice {
    let RecordedNotice { reason, attribute, message } = notice;
    let reason = match reason {
        RecordedReason::Known(reason) => published(reason).name().to_owned(),
        RecordedReason::Unknown(name) => name,
    };
    v1::EventNotice { reason, attribute, message }
}

/// What a body says.
#[derive(Default)]
struct BodyParts {
    asked: Vec<Asked>,
    before: Option<State>,
    after: Option<State>,
    unknown: String,
}

fn body(body: EventBody) -> BodyParts {
    let rest = BodyParts::default();
    match body {
        EventBody::UserCreated { asked, after } => {
            BodyParts { asked, after: after.map(|user| self::user(*user)), ..rest }
        }
        EventBody::UserChanged { asked, before, after } => {
            let [before, after] = [before, after].map(|user| user.map(|user| self::user(*user)));
            BodyParts { asked, before, after, ..rest }
        }
        EventBody::UserDeleted { asked, before } => {
            BodyParts { asked, before: before.map(|user| self::user(*user)), ..rest }
        }
        EventBody::SettingsChanged { before, after } => {
            BodyParts { before: Some(policy(before)), after: Some(policy(after)), ..rest }
        }
        EventBody::SiteCreated { after } => BodyParts { after: Some(policy(after)), ..rest },
        EventBody::SiteDeleted { before } => BodyParts { before: Some(policy(before)), ..rest },
        EventBody::ConnectionCreated { after } => BodyParts { after: Some(named(after)), ..rest },
        EventBody::ConnectionChanged { connection, before, after } => {
            let shown = |settings| State::Connection(understood(connection.clone(), settings));
            BodyParts { before: Some(shown(before)), after: Some(shown(after)), ..rest }
        }
        EventBody::ConnectionDeleted { before } => {
            BodyParts { before: Some(named(before)), ..rest }
        }
        EventBody::TokenCreated { after } | EventBody::TokenRevealed { after } => {
            BodyParts { after: Some(token(after)), ..rest }
        }
        EventBody::TokenRevoked { before } => BodyParts { before: Some(token(before)), ..rest },
        EventBody::ServiceCreated { after } => BodyParts { after: Some(service(after)), ..rest },
        EventBody::ServiceDeleted { before } => BodyParts { before: Some(service(before)), ..rest },
        EventBody::GrantChanged { service, before, after } => {
            let [before, after] = [before, after].map(|it| it.map(|it| granted(&service, [it])));
            BodyParts { before, after, ..rest }
        }
        EventBody::ServiceTokenCreated { after } => {
            BodyParts { after: Some(service_token(after)), ..rest }
        }
        EventBody::ServiceTokenRevoked { before } => {
            BodyParts { before: Some(service_token(before)), ..rest }
        }
        EventBody::CertificateAdded { after } => {
            BodyParts { after: Some(certificate(after)), ..rest }
        }
        EventBody::CertificateRemoved { before } => {
            BodyParts { before: Some(certificate(before)), ..rest }
        }
        EventBody::GroupCreated { group, after, added } => {
            BodyParts { after: Some(self::group(group, after, added)), ..rest }
        }
        EventBody::GroupChanged { group, before, after, added, removed } => {
            let before = Some(self::group(group, before, removed));
            BodyParts { before, after: Some(self::group(group, after, added)), ..rest }
        }
        EventBody::GroupDeleted { group, before } => {
            BodyParts { before: Some(self::group(group, before, Vec::new())), ..rest }
        }
        EventBody::GroupRuleChanged { group, before, after } => {
            let shown = |given| group_rule(group.clone(), given);
            BodyParts { before: before.map(shown), after: after.map(shown), ..rest }
        }
        EventBody::SessionCreated { after } | EventBody::SignInCodeCreated { after } => {
            BodyParts { after: Some(session(after)), ..rest }
        }
        EventBody::SessionEnded { before } => BodyParts { before: Some(session(before)), ..rest },
        EventBody::Unknown { kind: _, version: _, document } => {
            BodyParts { unknown: document.0, ..rest }
        }
    }
}

fn named(ConnectionSnapshot { connection }: ConnectionSnapshot) -> State {
    let name = connection.into_string();
    State::Connection(v1::Connection { name, ..v1::Connection::default() })
}

fn policy(policy: ConnectionPolicy) -> State {
    State::Settings(settings(policy, 0))
}

fn token(token: TokenSnapshot) -> State {
    let TokenSnapshot { token, name, connection, expires_at } = token;
    State::Token(v1::Token {
        id: token.0.to_string(),
        name,
        connection: connection.into_string(),
        expire_time: expires_at.map(time),
        ..v1::Token::default()
    })
}

fn service(ServiceSnapshot { service, grants }: ServiceSnapshot) -> State {
    granted(&service, grants)
}

fn granted(service: &ServiceName, grants: impl IntoIterator<Item = GrantSnapshot>) -> State {
    let grants = grants.into_iter().map(|grant| {
        let GrantSnapshot { site, permissions, highest_role } = grant;
        let scope = site.map_or(v1::grant::Scope::AllSites(true), v1::grant::Scope::Site);
        encode_access::grant(scope, &permissions, highest_role)
    });
    let (name, grants) = (service.as_str().to_owned(), grants.collect());
    State::Service(v1::Service { name, grants, ..v1::Service::default() })
}

fn service_token(token: ServiceTokenSnapshot) -> State {
    let ServiceTokenSnapshot { token, name, service, expires_at } = token;
    State::ServiceToken(v1::ServiceToken {
        id: token.0.to_string(),
        name,
        service: service.as_str().to_owned(),
        expire_time: expires_at.map(time),
        ..v1::ServiceToken::default()
    })
}

fn certificate(CertificateSnapshot { service, certificate }: CertificateSnapshot) -> State {
    State::ServiceCertificate(v1::ServiceCertificate {
        service: service.as_str().to_owned(),
        certificate_name: certificate.as_str().to_owned(),
        ..v1::ServiceCertificate::default()
    })
}

fn group(group: GroupId, shown: GroupSnapshot, members: Vec<UserId>) -> State {
    let GroupSnapshot { version, display_name, external_id } = shown;
    State::Group(v1::GroupSnapshot {
        id: group.0.to_string(),
        version,
        display_name: display_name.map(GroupName::into_string),
        external_id,
        user_ids: members.into_iter().map(|user| user.0.to_string()).collect(),
    })
}

fn group_rule(group: RuledGroup, given: Role) -> State {
    let (group, role) = (Some(ruled_group(group)), role(given).into());
    State::GroupRule(v1::GroupRuleSnapshot { group, role })
}

fn session(SessionSnapshot { session, expires_at }: SessionSnapshot) -> State {
    State::Session(v1::Session {
        id: session.0.to_string(),
        expire_time: Some(time(expires_at)),
        ..v1::Session::default()
    })
}

fn user(user: UserSnapshot) -> State {
    let UserSnapshot {
        version,
        user_name,
        external_id,
        subject,
        active,
        directory_status,
        holds: placed,
        role: held,
        base_role: base,
        attributes,
    } = user;
    let holds = |holds: Vec<_>| v1::HoldList { holds: holds.into_iter().map(hold).collect() };
    State::User(v1::UserSnapshot {
        version,
        user_name,
        external_id,
        subject,
        active,
        directory_status: directory_status.map(|word| status(word).into()),
        holds: placed.map(holds),
        role: held.map(|held| role(held).into()),
        base_role: base.map(|base| role(base).into()),
        attributes: attributes.into_iter().map(attribute).collect(),
    })
}

/// A value that is not there has no kind.
fn attribute((name, value): (AttributeName, Option<Value>)) -> (String, v1::Value) {
    let value = value.map_or_else(v1::Value::default, self::value);
    (name.into_string(), value)
}
