//! Sends the steps of a conversation in order and collects what did not hold. Owns placeholders
//! and the bytes that go out; must never judge.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::assertion;
use super::fixture::{Placeholders, set_up};
use super::script::{Conversation, Step};
use crate::support::wire::{self, Request};
use crate::support::{Answer, House, Site};

/// Replays a conversation; every sentence is something that an identity provider would miss.
pub async fn replay(house: &House, index: usize, conversation: &Conversation) -> Vec<String> {
    let name = &conversation.name;
    let steps = match &conversation.steps {
        Ok(steps) => steps,
        Err(sentence) => return vec![format!("{name}: {sentence}")],
    };
    let mut problems = Vec::new();
    let mut placeholders = Placeholders::new();
    let mut site = None;
    for (position, step) in steps.iter().enumerate() {
        let at = format!("{name} / {}", step.name);
        if let Some(given) = &step.given {
            let site_name = format!("c{index}-{position}");
            match set_up(house, &site_name, given, &mut placeholders).await {
                Ok(made) => site = Some(made),
                Err(sentence) => {
                    problems.push(format!("{at}: {sentence}"));
                    return problems;
                }
            }
        }
        let Some(site) = &site else {
            problems.push(format!("{at}: the first step gives no site"));
            return problems;
        };
        let answer = match wire::send(house.http, &request(step, site, &placeholders)).await {
            Ok(answer) => answer,
            Err(error) => {
                problems.push(format!("{at}: no answer: {error}"));
                continue;
            }
        };
        problems
            .extend(judge(step, &answer, &placeholders).map(|problem| format!("{at}: {problem}")));
        capture(step, &answer, &mut placeholders);
    }
    problems
}

fn request(step: &Step, site: &Site<'_>, placeholders: &Placeholders) -> Request {
    let path = filled(&step.path, placeholders);
    let query = match &step.raw_query {
        Some(raw) => Some(filled(raw, placeholders)),
        None if step.query.is_empty() => None,
        None => Some(encoded(step, placeholders)),
    };
    let mut target = format!("{}{path}", site.base);
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
    Request { method: step.method.clone(), target, headers, body }
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

fn judge(
    step: &Step,
    answer: &Answer,
    placeholders: &Placeholders,
) -> impl Iterator<Item = String> {
    let status = (!step.expect.status.contains(&answer.status)).then(|| {
        format!("status {} instead of {:?}: {}", answer.status, step.expect.status, answer.text())
    });
    let assertions = step
        .expect
        .assertions
        .iter()
        .filter_map(|one| assertion::problem(one, answer, placeholders));
    let problems: Vec<String> = status.into_iter().chain(assertions).collect();
    problems.into_iter()
}

/// A path that can match several nodes captures a list of them.
fn capture(step: &Step, answer: &Answer, placeholders: &mut Placeholders) {
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
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
