//! Requests that were refused for what is wrong with them, and are no decisions: what people look at who
//! ask why a sync fails. They tell no value of a user. Must never know how a request looks.

use super::unspoken::unspoken;
use super::{SiteId, Timestamp};
use uuid::Uuid;

/// A request of a connection, or a call of a service, that was refused.
#[derive(Clone, PartialEq, Eq)]
pub struct RefusedRequest {
    /// In the order of time.
    pub id: Uuid,
    /// Whose log it is in.
    pub site: SiteId,
    /// When.
    pub at: Timestamp,
    /// Whose request, as [`super::Caller`] prints itself.
    pub caller: String,
    /// What was asked.
    pub operation: String,
    /// The number of the answer.
    pub status: i32,
    /// Why, for machines; may be empty.
    pub reason: String,
    /// Why, for people.
    pub sentence: String,
    /// The trace in which it was asked.
    pub trace_id: Option<String>,
    /// How many others of the site's connections, or of its services, were left out before it.
    pub left_out: i64,
}

unspoken!(RefusedRequest: site, caller, operation, status, reason);

impl RefusedRequest {
    /// Whether a service asked it. These have a share of their own, so that they take no place of what connections
    /// were refused.
    pub fn is_of_service(&self) -> bool {
        self.caller.starts_with("service:")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Caller, ConnectionSettings, ServiceName};

    #[test]
    fn services_have_a_share_of_their_own() {
        let service = Caller::Service { name: ServiceName::parse("billing").unwrap() };
        let connection = Caller::Connection {
            site: SiteId(7),
            name: "service".to_owned(),
            settings: ConnectionSettings::USUAL,
        };
        for (caller, is_of_service) in [(service, true), (connection, false)] {
            let request = RefusedRequest {
                id: Uuid::nil(),
                site: SiteId(7),
                at: Timestamp(1),
                caller: caller.to_string(),
                operation: String::new(),
                status: 403,
                reason: String::new(),
                sentence: String::new(),
                trace_id: None,
                left_out: 0,
            };
            assert_eq!(request.is_of_service(), is_of_service, "{caller}");
        }
    }
}
