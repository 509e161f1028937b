//! The ledger: its lines as rows, and how they are read back.

pub(super) mod chains;
pub(super) mod lists;

use super::parameter::hex_or_null;
use super::{DocumentProblem, StoreError};
use provost_domain::{
    Event, EventBody, Notice, Outcome, ProfileSchema, RecordedEvent, SiteId, Timestamp,
    UnreadDocument, UserId,
};
use sea_orm::entity::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A line of a site's ledger.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i64,
    pub user_id: Option<Uuid>,
    pub at: i64,
    pub caller: String,
    pub kind: String,
    pub outcome: String,
    pub notices: String,
    pub body: String,
    pub trace_id: Option<String>,
    pub reason: Option<String>,
    pub on_behalf_of: Option<Uuid>,
    pub previous_revision: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}

/// An event as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct EventRow<'a> {
    site_id: SiteId,
    revision: i64,
    #[serde(serialize_with = "hex_or_null")]
    user_id: Option<Uuid>,
    at: Timestamp,
    caller: String,
    kind: &'a str,
    outcome: Outcome,
    notices: &'a [Notice],
    body: BodyDocument<'a>,
    trace_id: Option<&'a str>,
    reason: Option<&'a str>,
    #[serde(serialize_with = "hex_or_null")]
    on_behalf_of: Option<Uuid>,
    previous_revision: Option<i64>,
}

/// The body of an event as it is stored.
#[derive(Serialize)]
struct BodyDocument<'a> {
    version: u32,
    #[serde(flatten)]
    body: &'a EventBody,
}

/// What every body says of itself, also one of a version to come.
#[derive(Deserialize)]
struct BodyHead {
    kind: String,
    version: u32,
}

impl<'a> From<&'a Event> for EventRow<'a> {
    fn from(event: &'a Event) -> Self {
        let Event {
            site,
            revision,
            user,
            previous,
            standing: _,
            at,
            caller,
            on_behalf_of,
            outcome,
            notices,
            body,
            trace_id,
            reason,
        } = event;
        Self {
            site_id: *site,
            revision: *revision,
            user_id: user.map(|user| user.0),
            at: *at,
            caller: caller.to_string(),
            kind: body.kind(),
            outcome: *outcome,
            notices,
            body: BodyDocument { version: body.version(), body },
            trace_id: trace_id.as_deref(),
            reason: reason.as_deref(),
            on_behalf_of: on_behalf_of.map(|user| user.0),
            previous_revision: *previous,
        }
    }
}

/// An event from its row.
pub(super) fn recorded_event(
    profile: ProfileSchema,
    row: Model,
) -> Result<RecordedEvent, StoreError> {
    let Model {
        site_id,
        revision,
        user_id,
        at,
        caller,
        kind: _,
        outcome,
        notices,
        body,
        trace_id,
        reason,
        on_behalf_of,
        previous_revision: _,
    } = row;
    let broken = |column, problem| StoreError::Document { column, site: site_id, problem };
    Ok(RecordedEvent {
        site: SiteId(site_id),
        revision,
        user: user_id.map(UserId),
        at: Timestamp(at),
        caller,
        on_behalf_of: on_behalf_of.map(UserId),
        outcome: word(outcome).map_err(|problem| broken("outcome", problem))?,
        notices: json(&notices).map_err(|problem| broken("notices", problem))?,
        body: read_body(profile, body).map_err(|problem| broken("body", problem))?,
        trace_id,
        reason,
    })
}

/// Reads the body of an event. One of a kind or version that is not known here is passed through.
fn read_body(profile: ProfileSchema, document: String) -> Result<EventBody, DocumentProblem> {
    let BodyHead { kind, version } = json(&document)?;
    if EventBody::is_known(&kind, version) {
        return Ok(json::<EventBody>(&document)?.typed(profile));
    }
    Ok(EventBody::Unknown { kind, version, document: UnreadDocument(document) })
}

fn json<T: DeserializeOwned>(document: &str) -> Result<T, DocumentProblem> {
    serde_json::from_str(document).map_err(|error| DocumentProblem::from(&error))
}

fn word<T: DeserializeOwned>(word: String) -> Result<T, DocumentProblem> {
    serde_json::from_value(serde_json::Value::String(word)).map_err(|_| DocumentProblem::Word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_standard(document: &str) -> Result<EventBody, DocumentProblem> {
        read_body(ProfileSchema::STANDARD, document.to_owned())
    }

    fn documented() -> Vec<&'static str> {
        let page = include_str!("../../../docs/ledger.md");
        let examples = page.split("```json\n").skip(1);
        examples.map(|rest| rest.split("\n```").next().unwrap()).collect()
    }

    /// An event that was written before there was a setting.
    #[test]
    fn what_an_event_does_not_know_yet_has_its_default() {
        let body = read_standard(r#"{"kind":"site_created","version":1,"after":{}}"#);
        let after = provost_domain::ConnectionPolicy::default();
        assert_eq!(body.unwrap(), EventBody::SiteCreated { after });
    }

    /// Each example is read, and written again it is the same document.
    #[test]
    fn the_documented_examples_are_what_is_stored() {
        let mut kinds = std::collections::BTreeSet::new();
        for example in documented() {
            let body = read_standard(example).unwrap();
            assert!(!matches!(body, EventBody::Unknown { .. }), "{example}");
            kinds.insert(body.kind().to_owned());
            let document = BodyDocument { version: body.version(), body: &body };
            let (written, read): (serde_json::Value, serde_json::Value) =
                (serde_json::to_value(&document).unwrap(), serde_json::from_str(example).unwrap());
            assert_eq!(written, read);
        }
        assert_eq!(kinds.len(), 26, "{kinds:?}");
    }

    #[test]
    fn what_a_newer_core_wrote_is_passed_through() {
        for (kind, version) in [("rule_changed", 1), ("user_changed", 9)] {
            let document = format!(r#"{{"kind":"{kind}","version":{version},"more":[1]}}"#);
            let expected = EventBody::Unknown {
                kind: kind.to_owned(),
                version,
                document: UnreadDocument(document.clone()),
            };
            assert_eq!(read_standard(&document).unwrap(), expected);
        }
        assert!(read_standard(r#"{"kind":"user_changed","version":1}"#).is_err());
    }
}
