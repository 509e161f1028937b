//! The first look: what providers trip over before they have sent anything about anybody.
//!
//! The address, the connection, who is let in, and whether a question arrives as it was asked. Must never
//! change anything.

use std::time::Duration;

use http::Version;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::address::BaseUrl;
use super::check::Check;
use super::diagnosis::{Diagnosis, of_reply};
use super::exchange::Outgoing;
use super::reply::Reply;
use super::visit::{USER_AGENT, Visit};
use super::wire::Timed;

/// How far clocks may differ.
const CLOCKS: Duration = Duration::from_mins(5);
/// How long a certificate should still be good.
const CERTIFICATE: Duration = Duration::from_hours(21 * 24);
/// A token that nobody has.
const WRONG_TOKEN: &str = "wrong-token-of-provost-doctor";
/// The schemas of errors and lists (RFC 7644 sections 3.12 and 3.4.2).
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// The questions, each with what it is for: without a token, with a wrong one, with the right one, with
/// all that proxies spoil, and without a `User-Agent`.
pub fn probes(base: &str, token: &str, nonce: &str) -> [(&'static str, Outgoing); 5] {
    let plain = format!("{base}/Users?filter=userName+eq+%22{nonce}%22");
    let quoted = format!("{base}/Users?filter=userName%20eq%20%22{nonce}%2F%5C%22%27%252F%22");
    let bearer = |token: &str| Some(("authorization".to_owned(), format!("Bearer {token}")));
    let agent = Some(("user-agent".to_owned(), USER_AGENT.to_owned()));
    let accept = ("accept".to_owned(), "application/scim+json".to_owned());
    let ask = |target: &str, authorization: Option<_>, agent: Option<_>| Outgoing {
        method: "GET".to_owned(),
        target: target.to_owned(),
        headers: authorization.into_iter().chain(agent).chain([accept.clone()]).collect(),
        body: None,
    };
    [
        ("without a token", ask(&plain, None, agent.clone())),
        ("with a wrong token", ask(&plain, bearer(WRONG_TOKEN), agent.clone())),
        ("somebody who isn't there", ask(&plain, bearer(token), agent.clone())),
        ("a name with slash and quotes", ask(&quoted, bearer(token), agent)),
        ("without a User-Agent", ask(&plain, bearer(token), None)),
    ]
}

/// Looks, and answers whether conversations make sense.
pub async fn look(visit: &mut Visit, base: &BaseUrl, nonce: &str, now: OffsetDateTime) -> bool {
    visit.report.begin("A first look");
    for found in of_address(base) {
        visit.report.found(found.check, found.sentence);
    }
    let token = visit.token().to_owned();
    let [nobody, wrong, ours, quoted, unnamed] = probes(&visit.base, &token, nonce);
    let judge = |timed: &Timed| {
        let mut found = of_way(timed, now);
        found.extend(of_stranger(&timed.reply));
        found
    };
    let Some(nobody) = visit.ask(nobody.0, &nobody.1, judge).await else { return false };
    if let Some(end) = visit.wire.certificate_end.filter(|end| *end < now + CERTIFICATE) {
        let sentence = format!("The certificate ends on {}.", end.date());
        visit.report.found(Check::CertificateExpiring, sentence);
    }
    let judge = |timed: &Timed| of_wrong_token(&timed.reply);
    let Some(wrong) = visit.ask(wrong.0, &wrong.1, judge).await else { return false };
    let judge = |timed: &Timed| of_token(&timed.reply, &nobody, &wrong);
    let Some(answer) = visit.ask(ours.0, &ours.1, judge).await else { return false };
    if !is_list(&answer) {
        return false;
    }
    let judge = |timed: &Timed| of_quoted(&timed.reply, is_empty(&answer));
    visit.ask(quoted.0, &quoted.1, judge).await;
    visit.ask(unnamed.0, &unnamed.1, |timed: &Timed| of_unnamed(&timed.reply)).await;
    true
}

fn of_address(base: &BaseUrl) -> Vec<Diagnosis> {
    let mut found = Vec::new();
    if !base.is_https() {
        let sentence = "The base URL begins with http://, so the token travels in clear.";
        found.push(Diagnosis::new(Check::PlainHttp, sentence));
    }
    if base.authority().contains('_') || base.path.contains('_') {
        let sentence = "The base URL has an underscore in it.";
        found.push(Diagnosis::new(Check::AddressRefused, sentence));
    }
    found
}

/// What the way of an answer shows, whatever it says.
fn of_way(timed: &Timed, now: OffsetDateTime) -> Vec<Diagnosis> {
    let mut found = Vec::new();
    if timed.version < Version::HTTP_11 {
        let sentence = "The answer is in a version of HTTP before 1.1.";
        found.push(Diagnosis::new(Check::HttpVersion, sentence));
    }
    let date = timed.reply.header("date").map(|date| OffsetDateTime::parse(date, &Rfc2822));
    if let Some(Ok(date)) = date
        && (date - now).unsigned_abs() > CLOCKS + timed.took
    {
        let minutes = (date - now).whole_minutes();
        let (minutes, side) = (minutes.abs(), if minutes < 0 { "behind" } else { "ahead of" });
        let sentence =
            format!("The clock over there is {minutes} minutes {side} that of this machine.");
        found.push(Diagnosis::new(Check::ClockOff, sentence));
    }
    found
}

fn of_stranger(reply: &Reply) -> Option<Diagnosis> {
    let sentence = "A request without a valid token is answered with users.";
    is_list(reply).then(|| Diagnosis::new(Check::OpenToAnybody, sentence))
}

fn of_wrong_token(reply: &Reply) -> Vec<Diagnosis> {
    if let Some(found) = of_stranger(reply) {
        return vec![found];
    }
    let found = match reply.status {
        401 if !is_error(reply) => Diagnosis::new(
            Check::ErrorBody,
            format!("A wrong token is answered without a SCIM error: {}.", reply.said()),
        ),
        400 | 403 => Diagnosis::new(
            Check::WrongTokenAnswer,
            format!("A wrong token is answered with {}.", reply.said()),
        ),
        // What else is wrong, the right token is answered with as well.
        _ => return Vec::new(),
    };
    vec![found]
}

fn of_token(reply: &Reply, nobody: &Reply, wrong: &Reply) -> Vec<Diagnosis> {
    let said = reply.said();
    let found = match reply.status {
        401 if !names_token(reply) && told(reply) == told(nobody) && told(reply) == told(wrong) => {
            Diagnosis::new(
                Check::AuthorizationLost,
                format!("With a token and without any, the answer is the same: {said}."),
            )
        }
        404 => Diagnosis::new(Check::PathMissing, format!("There is nothing at /Users: {said}.")),
        200 if !reply.is_json() => {
            Diagnosis::new(Check::NotScim, format!("What answers is no SCIM service: {said}."))
        }
        200 if !is_list(reply) => {
            Diagnosis::new(Check::NotScim, format!("What answers is no list of SCIM: {said}."))
        }
        200 => {
            let mut found = Vec::new();
            if !reply.has_scim_media_type() {
                let media_type = reply.header("content-type").unwrap_or("nothing");
                let sentence = format!("The answer has as its Content-Type {media_type}.");
                found.push(Diagnosis::new(Check::MediaType, sentence));
            }
            if !is_empty(reply) {
                let sentence = "A user name that nobody has is answered with users.";
                found.push(Diagnosis::new(Check::FilterIgnored, sentence));
            }
            return found;
        }
        _ => of_reply(reply).unwrap_or_else(|| {
            Diagnosis::new(Check::AnswerUnusable, format!("A simple question gets {said}."))
        }),
    };
    vec![found]
}

fn of_quoted(reply: &Reply, was_obeyed: bool) -> Vec<Diagnosis> {
    let is_well = is_list(reply) && (is_empty(reply) || !was_obeyed);
    let sentence = || format!("A filter with %2F, %22 and %5C is answered with {}.", reply.said());
    (!is_well).then(|| Diagnosis::new(Check::QueryRewritten, sentence())).into_iter().collect()
}

fn of_unnamed(reply: &Reply) -> Vec<Diagnosis> {
    let sentence = || format!("Without a User-Agent, the answer is {}.", reply.said());
    let is_well = is_list(reply);
    (!is_well).then(|| Diagnosis::new(Check::UserAgentNeeded, sentence())).into_iter().collect()
}

/// Whether the answer says that a token came (RFC 6750 section 3.1).
fn names_token(reply: &Reply) -> bool {
    reply.header("www-authenticate").is_some_and(|value| value.contains("invalid_token"))
}

/// What an answer tells a client, without what differs from answer to answer.
fn told(reply: &Reply) -> (u16, Option<&str>, String) {
    let detail =
        reply.detail().unwrap_or_else(|| String::from_utf8_lossy(&reply.body).into_owned());
    let is_word = |word: &&str| !word.contains(|c: char| c.is_ascii_digit());
    let words: Vec<&str> = detail.split_whitespace().filter(is_word).collect();
    (reply.status, reply.header("www-authenticate"), words.join(" "))
}

fn has_schema(reply: &Reply, schema: &str) -> bool {
    let body = reply.json();
    let schemas = body.get("schemas").and_then(Value::as_array);
    schemas.is_some_and(|schemas| schemas.iter().any(|one| one == schema))
}

fn is_error(reply: &Reply) -> bool {
    has_schema(reply, ERROR) && reply.detail().is_some()
}

fn is_list(reply: &Reply) -> bool {
    reply.status == 200 && has_schema(reply, LIST)
}

fn is_empty(reply: &Reply) -> bool {
    let body = reply.json();
    let nobody = |list: &Value| list.as_array().is_some_and(Vec::is_empty);
    body["totalResults"] == 0 && body.get("Resources").is_none_or(nobody)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    fn reply(status: u16, body: &Value) -> Reply {
        let headers = vec![("content-type".to_owned(), "application/scim+json".to_owned())];
        Reply { status, headers, body: body.to_string().into_bytes() }
    }

    fn error(status: u16, detail: &str) -> Reply {
        reply(status, &json!({"schemas": [ERROR], "detail": detail}))
    }

    fn list(total: u32) -> Reply {
        reply(200, &json!({"schemas": [LIST], "totalResults": total}))
    }

    fn checks(found: &[Diagnosis]) -> Vec<&'static str> {
        found.iter().map(|found| found.check.name()).collect()
    }

    #[test]
    fn a_lost_token_is_told_from_a_wrong_one() {
        let lost = |trace: &str| error(401, &format!("no token came. Trace ID: {trace}"));
        let found = of_token(&lost("4bf9"), &lost("77aa2"), &lost("1c"));
        assert_eq!(checks(&found), ["authorization-lost"]);
        let wrong = error(401, "the token is not valid");
        assert_eq!(checks(&of_token(&wrong, &lost("4b"), &wrong)), ["token-refused"]);
        let mut named = lost("4b");
        named.headers.push(("www-authenticate".into(), "Bearer error=\"invalid_token\"".into()));
        assert_eq!(checks(&of_token(&named, &named, &named)), ["token-refused"]);
    }

    #[test]
    fn each_answer_to_a_good_token_has_its_name() {
        let nobody = error(401, "no token");
        let html = Reply { status: 200, body: b"<html>".to_vec(), ..Reply::default() };
        for (answer, expected) in [
            (error(403, "off"), "forbidden"),
            (error(404, "no"), "path-missing"),
            (error(429, "slow down"), "throttled"),
            (error(500, "oops"), "server-error"),
            (error(302, "there"), "redirect"),
            (error(418, "tea"), "answer-unusable"),
            (html, "not-scim"),
            (reply(200, &json!({})), "not-scim"),
            (list(3), "filter-ignored"),
        ] {
            assert_eq!(checks(&of_token(&answer, &nobody, &nobody)), [expected]);
        }
        assert!(of_token(&list(0), &nobody, &nobody).is_empty());
        assert_eq!(checks(&of_wrong_token(&list(0))), ["open-to-anybody"]);
        assert_eq!(checks(&of_wrong_token(&error(403, "no"))), ["wrong-token-answer"]);
        let bare = Reply { status: 401, ..Reply::default() };
        assert_eq!(checks(&of_wrong_token(&bare)), ["error-body"]);
    }

    #[test]
    fn clocks_and_versions_are_compared() {
        let now = datetime!(2030-01-31 12:00 UTC);
        let at = |date: &str, version| {
            let headers = vec![("date".to_owned(), date.to_owned())];
            let reply = Reply { status: 200, headers, body: Vec::new() };
            of_way(&Timed { reply, took: Duration::ZERO, version }, now)
        };
        assert!(at("Thu, 31 Jan 2030 12:04:00 GMT", Version::HTTP_11).is_empty());
        let found = at("Thu, 31 Jan 2030 11:50:00 GMT", Version::HTTP_10);
        assert_eq!(checks(&found), ["http-version", "clock-off"]);
        assert!(found[1].sentence.contains("10 minutes behind"), "{}", found[1].sentence);
        let old = BaseUrl::parse("http://my_host/scim").unwrap();
        assert_eq!(checks(&of_address(&old)), ["plain-http", "address-refused"]);
    }
}
