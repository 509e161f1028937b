//! From an answer, or from none, to what is wrong: what an admin would have to know to find it.
//!
//! Pure functions. Must never know who is played.

use std::io;

use rustls::{AlertDescription, CertificateError};

use super::check::Check;
use super::conversation::{Assertion, Step, Strength};
use super::exchange::Unmet;
use super::reply::Reply;
use super::wire::WireError;
use crate::tls::DialError;

/// What is wrong, in words.
#[derive(Debug)]
pub struct Diagnosis {
    /// What was looked at.
    pub check: Check,
    /// What there is.
    pub sentence: String,
    /// Who says that it matters, where that is more than the check says.
    pub page: Option<String>,
}

impl Diagnosis {
    /// One that the check says enough about.
    pub fn new(check: Check, sentence: impl Into<String>) -> Self {
        Self { check, sentence: sentence.into(), page: None }
    }
}

/// Why no answer came.
pub fn of_silence(error: &WireError) -> Diagnosis {
    let check = match error {
        WireError::Dial(DialError::Untrusted(error)) => of_tls(error),
        WireError::Dial(DialError::Files(_)) => Check::CertificateUntrusted,
        WireError::Dial(DialError::Absent(_) | DialError::NoHost) => Check::Unreachable,
        WireError::TimedOut(_) => Check::Slow,
        WireError::Broken(_) | WireError::Unread(_) | WireError::Unsendable(_) => {
            Check::ConnectionBroken
        }
    };
    let why = match error {
        WireError::Dial(DialError::Untrusted(inner)) => inner.to_string(),
        other => other.to_string(),
    };
    let sentence = match check {
        Check::Unreachable => format!("Nobody answers at this address: {why}."),
        Check::Slow => format!("{}.", capitalised(&why)),
        Check::ConnectionBroken => format!("The connection ended without an answer: {why}."),
        _ => format!("TLS fails there: {why}."),
    };
    Diagnosis::new(check, sentence)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn of_tls(error: &io::Error) -> Check {
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::InvalidCertificate(why)) => match why {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Check::CertificateExpired,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Check::CertificateName
            }
            _ => Check::CertificateUntrusted,
        },
        Some(
            rustls::Error::NoApplicationProtocol
            | rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol),
        ) => Check::HttpVersion,
        _ => Check::TlsFailed,
    }
}

/// What is wrong with any answer that a provider gets to a good request, whatever the request was.
pub fn of_reply(reply: &Reply) -> Option<Diagnosis> {
    let said = reply.said();
    let found = match reply.status {
        300..=399 => {
            let to = reply.header("location").unwrap_or("nowhere");
            let sentence = format!("The answer is {} and leads to {to}.", reply.status);
            return Some(Diagnosis::new(Check::Redirect, sentence));
        }
        401 => (Check::TokenRefused, "The token is refused"),
        403 => (Check::Forbidden, "The token is good, but it may not do this"),
        429 => (Check::Throttled, "There are too many requests"),
        501 => return None,
        500.. => (Check::ServerError, "The service fails"),
        _ if !reply.body.is_empty() && !reply.is_json() => {
            (Check::NotScim, "What answers is no SCIM service")
        }
        _ => return None,
    };
    let (check, begin) = found;
    Some(Diagnosis::new(check, format!("{begin}: {said}.")))
}

/// What is wrong with the answer to a step.
pub fn of_step(step: &Step, reply: &Reply, unmet: &[Unmet<'_>]) -> Vec<Diagnosis> {
    let status = unmet.iter().find(|unmet| matches!(unmet, Unmet::Status(_)));
    if let Some(Unmet::Status(wanted)) = status {
        let found = of_reply(reply).unwrap_or_else(|| of_status(step, reply, wanted));
        return vec![of_page(step, found)];
    }
    // What is about the whole answer says more than what follows from it.
    let mut found: Vec<Diagnosis> = Vec::new();
    for one in unmet {
        let Unmet::Assertion(assertion, seen) = one else { continue };
        let Some(check) = of_assertion(assertion, reply) else { continue };
        if found.iter().all(|before| before.check != check) {
            let sentence = in_words(check, assertion, seen, reply);
            found.push(of_page(step, Diagnosis::new(check, sentence)));
        }
    }
    found
}

fn of_page(step: &Step, mut found: Diagnosis) -> Diagnosis {
    found.page = step.page().map(str::to_owned);
    found
}

fn of_status(step: &Step, reply: &Reply, wanted: &[u16]) -> Diagnosis {
    let said = reply.said();
    let (method, path) = (step.method.as_str(), step.path.as_str());
    let check = match (reply.status, method) {
        (405 | 501, "PATCH") => Check::PatchUnsupported,
        (405 | 501, "PUT") => Check::PutUnsupported,
        (404 | 405 | 501, "GET") if path.starts_with("/Groups") => Check::GroupsMissing,
        (404 | 405 | 501, "GET") if !path.starts_with("/Users") => Check::DiscoveryMissing,
        (400 | 409 | 422, "PUT" | "PATCH") if reply.detail().is_some() => Check::ChangeRefused,
        _ => Check::AnswerUnusable,
    };
    let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
    let wanted = wanted.join(" or ");
    Diagnosis::new(check, format!("{method} {path} needs {wanted} as an answer and gets {said}."))
}

/// What providers cope with is no more than a note, and what only Provost's own rules ask for is nothing,
/// but for a role that nobody gets.
fn of_assertion(assertion: &Assertion, reply: &Reply) -> Option<Check> {
    let path = assertion.path.as_ref().map(ToString::to_string).unwrap_or_default();
    let header = assertion.header.as_deref().unwrap_or_default();
    let asks_for_role = matches!(assertion.value.as_str(), Some("Moderator" | "Admin"));
    if path.contains("userType") && asks_for_role {
        return Some(Check::RoleNotInForce);
    }
    if assertion.strength == Strength::Product {
        return None;
    }
    if header.eq_ignore_ascii_case("content-type") {
        // Entra ID would rather have one of the two.
        let is_well = reply.has_scim_media_type();
        return Some(if is_well { Check::AnswerUnusual } else { Check::MediaType });
    }
    if assertion.strength == Strength::Should {
        return Some(Check::AnswerUnusual);
    }
    Some(match reply.status {
        400.. => Check::ErrorBody,
        _ if path.ends_with("active") || path.ends_with("['active']") => Check::StatusNotInForce,
        _ => Check::AnswerUnusable,
    })
}

fn in_words(check: Check, assertion: &Assertion, seen: &str, reply: &Reply) -> String {
    let wanted = &assertion.value;
    let notices = reply.notices();
    let because =
        if notices.is_empty() { String::new() } else { format!(" ({})", notices.join("; ")) };
    match check {
        Check::RoleNotInForce => {
            format!("The role {wanted} was asked for, and {seen} is in force{because}.")
        }
        Check::StatusNotInForce => {
            format!("active {wanted} was asked for, and {seen} is in force{because}.")
        }
        Check::MediaType => format!("The answer has as its Content-Type {seen}."),
        Check::ErrorBody => {
            format!("An error lacks this: {}; the answer is {}.", assertion.say, reply.said())
        }
        _ => format!("The provider needs this: {}; there is {seen}.", assertion.say),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{of_reply, of_step};
    use crate::doctor::conversation::{self, Step};
    use crate::doctor::exchange::{Placeholders, unmet};
    use crate::doctor::reply::Reply;

    fn step(method: &str, path: &str, assertion: &Value) -> Step {
        let step = json!([{
            "name": "n", "method": method, "path": path, "body": null, "basis": "observed",
            "expect": {"status": [200], "assertions": [assertion]},
            "source": ["github x/y", "https://example.com/thread"],
        }]);
        conversation::read(&step.to_string()).unwrap().remove(0)
    }

    fn reply(status: u16, body: &str) -> Reply {
        let headers = vec![("content-type".to_owned(), "application/scim+json".to_owned())];
        Reply { status, headers, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn a_status_says_most() {
        let any = json!({"say": "s", "path": "$.x", "op": "exists", "strength": "must"});
        let error = r#"{"detail": "because."}"#;
        for (method, path, status, body, expected) in [
            ("PATCH", "/Users/1", 501, error, "patch-unsupported"),
            ("PUT", "/Users/1", 405, error, "put-unsupported"),
            ("GET", "/Groups", 404, error, "groups-missing"),
            ("GET", "/Schemas", 404, error, "discovery-missing"),
            ("GET", "/Users/1", 404, error, "answer-unusable"),
            ("GET", "/Users/1", 404, "<html>", "not-scim"),
            ("PUT", "/Users/1", 400, error, "change-refused"),
            ("PUT", "/Users/1", 400, "{}", "answer-unusable"),
            ("PUT", "/Users/1", 503, error, "server-error"),
            ("PUT", "/Users/1", 403, error, "forbidden"),
        ] {
            let step = step(method, path, &any);
            let reply = reply(status, body);
            let found = of_step(&step, &reply, &unmet(&step, &reply, &Placeholders::new()));
            assert_eq!(found.len(), 1, "one sentence for one answer");
            assert_eq!(found[0].check.name(), expected);
            assert_eq!(found[0].page.as_deref(), Some("https://example.com/thread"));
        }
        let moved = Reply { status: 308, ..Reply::default() };
        assert!(of_reply(&moved).unwrap().sentence.contains("leads to nowhere"));
    }

    #[test]
    fn what_is_missed_decides_how_bad_it_is() {
        let role = r#"{"userType": "Registered", "active": true}"#;
        for (path, value, strength, body, expected) in [
            ("$.userType", json!("Moderator"), "product", role, Some("role-not-in-force")),
            ("$.userType", json!("Registered"), "product", r#"{"userType": "Admin"}"#, None),
            ("$.active", json!(false), "must", role, Some("status-not-in-force")),
            ("$.title", json!("t"), "must", role, Some("answer-unusable")),
            ("$.title", json!("t"), "should", role, Some("answer-unusual")),
            ("$.active", json!(true), "must", role, None),
        ] {
            let assertion = json!({"say": "s", "path": path, "op": "equals", "value": value, "strength": strength});
            let step = step("GET", "/Users/1", &assertion);
            let reply = reply(200, body);
            let found = of_step(&step, &reply, &unmet(&step, &reply, &Placeholders::new()));
            assert_eq!(found.first().map(|found| found.check.name()), expected, "{path}");
        }
    }
}
