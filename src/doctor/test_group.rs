//! The group that pushes are about: made by a provider or by the doctor, and gone afterwards.
//!
//! Must never know what a provider does with it in between.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::check::Check;
use super::visit::Visit;

/// Statuses by which a service says that it has no groups.
const UNSERVED: [u16; 3] = [404, 405, 501];

/// What is known of the group.
pub enum TestGroup {
    /// It was not asked for yet, or was refused.
    Absent,
    /// It may be there: no usable answer came.
    Unknown,
    /// It is there, by this id.
    Present(String),
    /// The service has no groups at all.
    Unserved,
}

impl TestGroup {
    /// A group of this name in which this user is.
    pub async fn create(visit: &mut Visit, name: &str, user: &str) -> Self {
        let group = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": name,
            "members": [{"value": user}],
        });
        let Some(reply) = visit.see_to("POST", "/Groups", Some(&group)).await else {
            return Self::Unknown;
        };
        let made = Self::after_creation(reply.status, &reply.json());
        if matches!(made, Self::Absent | Self::Unknown) {
            let sentence = format!("No group can be created: {}.", visit.said(&reply));
            visit.report.found(Check::AnswerUnusable, sentence);
        }
        made
    }

    /// What there is after this answer to whoever asked for a group.
    pub fn after_creation(status: u16, answer: &Value) -> Self {
        match (status, answer["id"].as_str()) {
            (200..=299, Some(id)) => Self::Present(id.to_owned()),
            (status, _) if UNSERVED.contains(&status) => Self::Unserved,
            // A proxy may have asked twice, so a name that is taken can be that of the doctor.
            (400..=408 | 410..=499, _) => Self::Absent,
            _ => Self::Unknown,
        }
    }

    /// Sees to it that nothing is left; answers whether that went well, and finds where it didn't.
    pub async fn leave(self, visit: &mut Visit, name: &str) -> bool {
        let ids = match self {
            Self::Absent | Self::Unserved => return true,
            Self::Present(id) => vec![id],
            Self::Unknown => named(visit, name).await,
        };
        let mut is_gone = true;
        for id in ids {
            let deleted = visit.see_to("DELETE", &format!("/Groups/{id}"), None).await;
            if deleted.as_ref().is_some_and(|reply| matches!(reply.status, 200 | 204 | 404)) {
                continue;
            }
            is_gone = false;
            let said = deleted.map_or_else(|| "no answer".to_owned(), |reply| visit.said(&reply));
            let sentence =
                format!("The group {name} was created for this and can't be deleted: {said}.");
            visit.report.found(Check::GroupLeftBehind, sentence);
        }
        is_gone
    }
}

/// The ids of the groups of exactly this name.
async fn named(visit: &mut Visit, name: &str) -> Vec<String> {
    let quoted = Value::from(name).to_string();
    let filter = utf8_percent_encode(&quoted, NON_ALPHANUMERIC);
    let target = format!("/Groups?filter=displayName%20eq%20{filter}");
    let list = visit.see_to("GET", &target, None).await.map(|reply| reply.json());
    let list = list.unwrap_or_default();
    let groups = list["Resources"].as_array().into_iter().flatten();
    // Where filters are not obeyed, others stand in the list.
    let named = groups.filter(|group| group["displayName"] == name);
    named.filter_map(|group| group["id"].as_str().map(str::to_owned)).collect()
}
