//! One assertion against one answer: the table of operations in the conversations' README.
//! Owns their meaning; must never know who asked.

use regex::Regex;
use serde_json::Value;

use super::conversation::{Assertion, Op};
use super::reply::Reply;

/// What there is instead of what is wanted; nothing where the assertion holds.
pub fn instead(assertion: &Assertion, wanted: &Value, reply: &Reply) -> Option<String> {
    let (holds, seen) = match (&assertion.header, &assertion.path) {
        (Some(header), None) => {
            let value = reply.header(header);
            let seen = value.map_or_else(|| "no such header".to_owned(), str::to_owned);
            (header_holds(assertion.op, value, wanted), seen)
        }
        (None, Some(_)) if reply.body.is_empty() => return None,
        (None, Some(_)) if assertion.op == Op::EqualsWhenBody && reply.status != 200 => {
            return None;
        }
        (None, Some(path)) => {
            let body = reply.json();
            let nodes = path.query(&body).all();
            (body_holds(assertion.op, &nodes, wanted), listed(&nodes))
        }
        _ => return Some("neither a path nor a header to look at".to_owned()),
    };
    (!holds).then(|| seen.chars().take(400).collect())
}

fn listed(nodes: &[&Value]) -> String {
    let texts: Vec<String> = nodes.iter().map(ToString::to_string).collect();
    if texts.is_empty() { "nothing".to_owned() } else { texts.join(", ") }
}

fn header_holds(op: Op, value: Option<&str>, wanted: &Value) -> bool {
    let text = wanted.as_str().unwrap_or_default();
    match op {
        Op::Equals => value == Some(text),
        Op::NotEquals => value != Some(text),
        Op::EqualsIgnoreCase => value.is_some_and(|value| same_without_case(value, text)),
        Op::Exists => value.is_some(),
        Op::Absent => value.is_none(),
        Op::Matches => value.is_some_and(|value| matches(text, value)),
        Op::MatchesWhenPresent => value.is_none_or(|value| matches(text, value)),
        Op::StartsWith => value.is_some_and(|value| value.starts_with(text)),
        // These say nothing about a header.
        Op::EqualsWhenBody
        | Op::Type
        | Op::Contains
        | Op::ContainsValue
        | Op::NotContainsValue
        | Op::Length
        | Op::MaxLength
        | Op::DisjointFrom
        | Op::NoNulls => false,
    }
}

fn body_holds(op: Op, nodes: &[&Value], wanted: &Value) -> bool {
    let every =
        |holds: &dyn Fn(&Value) -> bool| !nodes.is_empty() && nodes.iter().all(|node| holds(node));
    let text = wanted.as_str().unwrap_or_default();
    let length = nodes.first().and_then(|node| node.as_array()).map_or(0, Vec::len) as u64;
    match op {
        Op::Equals | Op::EqualsWhenBody => {
            every(&|node| same(node, wanted)) || equals_list(nodes, wanted)
        }
        Op::NotEquals => !nodes.iter().any(|node| same(node, wanted)),
        Op::EqualsIgnoreCase => {
            every(&|node| node.as_str().is_some_and(|node| same_without_case(node, text)))
        }
        Op::Exists => nodes.iter().any(|node| !node.is_null()),
        Op::Absent => nodes.is_empty(),
        Op::Type => every(&|node| type_name(node) == text),
        Op::Contains => every(&|node| {
            node.as_array().is_some_and(|items| items.iter().any(|item| same(item, wanted)))
        }),
        Op::ContainsValue => nodes.iter().any(|node| same(node, wanted)),
        Op::NotContainsValue => !nodes.iter().any(|node| same(node, wanted)),
        Op::Length => wanted.as_u64() == Some(length),
        Op::MaxLength => wanted.as_u64().is_some_and(|most| length <= most),
        Op::DisjointFrom => {
            let others = wanted.as_array().map_or(&[][..], Vec::as_slice);
            !others.is_empty() && !nodes.iter().any(|node| others.contains(node))
        }
        Op::Matches => every(&|node| node.as_str().is_some_and(|node| matches(text, node))),
        Op::MatchesWhenPresent => {
            nodes.iter().all(|node| node.as_str().is_some_and(|node| matches(text, node)))
        }
        Op::StartsWith => every(&|node| node.as_str().is_some_and(|node| node.starts_with(text))),
        Op::NoNulls => every(&without_nulls),
    }
}

/// A path that matches several nodes equals the list of them.
fn equals_list(nodes: &[&Value], wanted: &Value) -> bool {
    let Value::Array(wanted) = wanted else { return false };
    !nodes.is_empty() && nodes.iter().copied().eq(wanted)
}

/// JSON knows one kind of number.
fn same(left: &Value, right: &Value) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left.total_cmp(&right).is_eq(),
        _ => left == right,
    }
}

fn same_without_case(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}

/// What is no pattern matches nothing.
fn matches(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text))
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn without_nulls(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => items.iter().all(without_nulls),
        Value::Object(members) => members.values().all(without_nulls),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::{Op, body_holds, header_holds};
    use serde_json::{Value, json};
    use serde_json_path::JsonPath;

    fn holds(op: Op, path: &str, wanted: &Value) -> bool {
        let body = json!({
            "n": 3, "t": "Ab", "list": [1, 2], "none": null,
            "emails": [{"type": "work", "value": "a@b"}, {"type": "home", "value": "c@d"}],
        });
        let nodes = JsonPath::parse(path).unwrap().query(&body).all();
        body_holds(op, &nodes, wanted)
    }

    #[test]
    fn every_operation_can_hold_and_can_fail() {
        let work = "$.emails[?(@.type=='work')].value";
        let rows = [
            (Op::Equals, "$.n", json!(3), json!(4)),
            (Op::Equals, "$.list[*]", json!([1, 2]), json!([2, 1])),
            (Op::NotEquals, "$.gone", json!(3), Value::Null),
            (Op::EqualsIgnoreCase, "$.t", json!("aB"), json!("ac")),
            (Op::EqualsWhenBody, "$.t", json!("Ab"), json!("ab")),
            (Op::Type, "$.list", json!("array"), json!("object")),
            (Op::Contains, "$.list", json!(2), json!(3)),
            (Op::ContainsValue, work, json!("a@b"), json!("c@d")),
            (Op::NotContainsValue, work, json!("c@d"), json!("a@b")),
            (Op::Length, "$.list", json!(2), json!(1)),
            (Op::Length, "$.gone", json!(0), json!(1)),
            (Op::MaxLength, "$.list", json!(2), json!(1)),
            (Op::DisjointFrom, "$.list[*]", json!([3]), json!([3, 2])),
            (Op::Matches, "$.t", json!("^A"), json!("^b")),
            (Op::StartsWith, "$.t", json!("A"), json!("b")),
        ];
        for (op, path, good, bad) in rows {
            assert!(holds(op, path, &good), "{op:?} {path} {good}");
            let fails = !holds(op, path, &bad);
            assert!(fails || op == Op::NotEquals, "{op:?} {path} {bad}");
        }
        assert!(!holds(Op::NotEquals, "$.n", &json!(3)));
        assert!(
            holds(Op::Exists, "$.n", &Value::Null) && !holds(Op::Exists, "$.none", &Value::Null)
        );
        assert!(
            holds(Op::Absent, "$.gone", &Value::Null) && !holds(Op::Absent, "$.none", &Value::Null)
        );
        assert!(
            holds(Op::NoNulls, "$.emails", &Value::Null) && !holds(Op::NoNulls, "$", &Value::Null)
        );
        assert!(!holds(Op::Equals, "$.gone", &Value::Null));
    }

    #[test]
    fn headers_too() {
        assert!(header_holds(Op::MatchesWhenPresent, None, &json!("^a")));
        assert!(!header_holds(Op::MatchesWhenPresent, Some("b"), &json!("^a")));
        assert!(header_holds(Op::StartsWith, Some("abc"), &json!("a")));
        assert!(!header_holds(Op::Exists, None, &Value::Null));
        assert!(!header_holds(Op::Length, Some("a"), &json!(1)), "says nothing about a header");
    }
}
