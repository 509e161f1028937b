//! A step on its way out and back: the bytes that go out, what does not hold of an answer, and what is
//! remembered of it.
//!
//! Owns placeholders. Must never know how something is sent.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::assertion;
use super::conversation::{Assertion, Step};
use super::reply::Reply;

/// What `{{…}}` stands for.
pub type Placeholders = BTreeMap<String, Value>;

/// A request as it goes out.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The method of HTTP.
    pub method: String,
    /// All between the method and the version.
    pub target: String,
    /// The header lines.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
}

/// A requirement that an answer doesn't meet.
pub enum Unmet<'s> {
    /// The status is none of those.
    Status(&'s [u16]),
    /// This doesn't hold, and what there is instead.
    Assertion(&'s Assertion, String),
}

/// The request of a step to a base URL with this path.
pub fn outgoing(step: &Step, base: &str, placeholders: &Placeholders) -> Outgoing {
    let path = filled(&step.path, placeholders);
    let query = match &step.raw_query {
        Some(raw) => Some(filled(raw, placeholders)),
        None if step.query.is_empty() => None,
        None => Some(encoded(step, placeholders)),
    };
    let mut target = format!("{base}{path}");
    if let Some(query) = query {
        target.push('?');
        target.push_str(&query);
    }
    let headers = step
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.as_deref()?)))
        .map(|(name, value)| (name, filled(value, placeholders)))
        .collect();
    let body = step.body.as_deref().map(|body| filled(body.get(), placeholders).into_bytes());
    Outgoing { method: step.method.clone(), target, headers, body }
}

fn encoded(step: &Step, placeholders: &Placeholders) -> String {
    let pairs: Vec<String> = step
        .query
        .iter()
        .map(|(name, value)| {
            let value = filled(value, placeholders);
            format!("{name}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC))
        })
        .collect();
    pairs.join("&")
}

/// The text with its placeholders replaced. One that nobody captured stays as it is.
pub fn filled(text: &str, placeholders: &Placeholders) -> String {
    let mut filled = text.to_owned();
    for (name, value) in placeholders {
        if let Value::String(value) = value {
            filled = filled.replace(&format!("{{{{{name}}}}}"), value);
        }
    }
    filled
}

/// A value that is a placeholder alone may stand for a list.
fn wanted(value: &Value, placeholders: &Placeholders) -> Value {
    let Value::String(text) = value else {
        return value.clone();
    };
    text.strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"))
        .and_then(|name| placeholders.get(name).cloned())
        .unwrap_or_else(|| Value::String(filled(text, placeholders)))
}

/// All that a step needs and an answer lacks.
pub fn unmet<'s>(step: &'s Step, reply: &Reply, placeholders: &Placeholders) -> Vec<Unmet<'s>> {
    let expect = &step.expect;
    let status = !expect.status.contains(&reply.status);
    let status = status.then_some(Unmet::Status(&expect.status));
    let assertions = expect.assertions.iter().filter_map(|one| {
        let seen = assertion::instead(one, &wanted(&one.value, placeholders), reply)?;
        Some(Unmet::Assertion(one, seen))
    });
    status.into_iter().chain(assertions).collect()
}

/// Remembers what the step says. A path that can match several nodes captures a list of them.
pub fn capture(step: &Step, reply: &Reply, placeholders: &mut Placeholders) {
    let Ok(body) = serde_json::from_slice::<Value>(&reply.body) else {
        return;
    };
    for (name, path) in &step.capture {
        let nodes = path.query(&body).all();
        let path = path.to_string();
        let several = path.contains('*') || path.contains("..") || path.contains('?');
        let value = if several {
            Value::Array(nodes.into_iter().cloned().collect())
        } else {
            nodes.first().copied().cloned().unwrap_or_default()
        };
        placeholders.insert(name.clone(), value);
    }
}
