//! SCIM's filter tree as the contract's.

use super::{names, role};
use provost_proto::v1;
use provost_proto::v1::comparison::Value as Wire;
use provost_proto::v1::filter::Node;
use provost_scim::filter::{Filter, Operator, Value};
use provost_scim::{Attribute, Kind, ScimError, ScimType};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Translates a condition over users.
pub fn filter(filter: &Filter) -> Result<v1::Filter, ScimError> {
    Ok(v1::Filter { node: Some(node(filter, &user_comparison)?) })
}

/// Translates a condition over the elements of a list.
pub(super) fn element(filter: &Filter) -> v1::Filter {
    // Elements hold texts and booleans only, so nothing can fail to be translated.
    let node = node(filter, &|attribute, operator, value| {
        Ok(comparison(names::contract(attribute), operator, plain(value)))
    });
    v1::Filter { node: node.ok() }
}

type Leaf<'a> = &'a dyn Fn(&'static Attribute, Operator, &Value) -> Result<Node, ScimError>;

fn node(filter: &Filter, leaf: Leaf<'_>) -> Result<Node, ScimError> {
    let operands = |operands: &[Filter]| {
        let translated = operands
            .iter()
            .map(|operand| Ok(v1::Filter { node: Some(node(operand, leaf)?) }))
            .collect::<Result<_, ScimError>>()?;
        Ok::<_, ScimError>(v1::FilterList { filters: translated })
    };
    Ok(match filter {
        Filter::All(list) => Node::All(operands(list)?),
        Filter::Any(list) => Node::Any(operands(list)?),
        Filter::Not(operand) => {
            Node::Not(Box::new(v1::Filter { node: Some(node(operand, leaf)?) }))
        }
        Filter::Comparison { attribute, operator, value } => leaf(attribute, *operator, value)?,
        Filter::Present(attribute) => Node::Present(field(attribute).to_owned()),
        Filter::Element { list, filter } => Node::Element(Box::new(v1::ElementFilter {
            list: names::contract(list).to_owned(),
            filter: Some(Box::new(element(filter))),
        })),
    })
}

fn user_comparison(
    attribute: &'static Attribute,
    operator: Operator,
    value: &Value,
) -> Result<Node, ScimError> {
    match (attribute.kind, value) {
        (Kind::DateTime, Value::Text(text)) => {
            Ok(comparison(field(attribute), operator, Wire::Time(instant(attribute, text)?)))
        }
        (_, Value::Text(text)) if attribute.path == "userType" => {
            Ok(role_comparison(operator, text))
        }
        _ => Ok(comparison(field(attribute), operator, plain(value))),
    }
}

/// The contract compares roles for equality only, because their order is not that of their
/// words. Whatever else is asked of the words is answered here: there are only three.
fn role_comparison(operator: Operator, text: &str) -> Node {
    let holds: fn(&str, &str) -> bool = match operator {
        Operator::Equal | Operator::NotEqual => {
            return comparison("role", operator, Wire::Text(text.to_owned()));
        }
        Operator::Contains => |word, text| word.contains(text),
        Operator::StartsWith => |word, text| word.starts_with(text),
        Operator::EndsWith => |word, text| word.ends_with(text),
        Operator::GreaterThan => |word, text| word > text,
        Operator::GreaterOrEqual => |word, text| word >= text,
        Operator::LessThan => |word, text| word < text,
        Operator::LessOrEqual => |word, text| word <= text,
    };
    let text = text.to_lowercase();
    let words = role::ROLES.map(role::word).into_iter();
    let filters: Vec<_> = words
        .filter(|word| holds(&word.to_lowercase(), &text))
        .map(|word| comparison("role", Operator::Equal, Wire::Text(word.to_owned())))
        .map(|node| v1::Filter { node: Some(node) })
        .collect();
    if filters.is_empty() {
        // Nobody is without a role.
        let role = v1::Filter { node: Some(Node::Present("role".to_owned())) };
        return Node::Not(Box::new(role));
    }
    Node::Any(v1::FilterList { filters })
}

/// The contract's name for what a filter over users may name.
fn field(attribute: &'static Attribute) -> &'static str {
    match attribute.path {
        "userType" => "role",
        "meta.created" => "create_time",
        "meta.lastModified" => "update_time",
        _ => names::contract(attribute),
    }
}

fn instant(attribute: &Attribute, text: &str) -> Result<prost_types::Timestamp, ScimError> {
    let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| {
        ScimError::bad_request(
            ScimType::InvalidFilter,
            format!(
                "The filter compares {attribute} with \"{}\", which is no point in time. Write \
                 it like \"2026-03-01T00:00:00Z\".",
                text.chars().take(64).collect::<String>()
            ),
        )
    })?;
    let nanos = i32::try_from(at.nanosecond()).unwrap_or_default();
    Ok(prost_types::Timestamp { seconds: at.unix_timestamp(), nanos })
}

fn plain(value: &Value) -> Wire {
    match value {
        Value::Text(text) => Wire::Text(text.clone()),
        Value::Boolean(truth) => Wire::Boolean(*truth),
    }
}

fn comparison(attribute: &str, operator: Operator, value: Wire) -> Node {
    let operator = match operator {
        Operator::Equal => v1::Operator::Equal,
        Operator::NotEqual => v1::Operator::NotEqual,
        Operator::Contains => v1::Operator::Contains,
        Operator::StartsWith => v1::Operator::StartsWith,
        Operator::EndsWith => v1::Operator::EndsWith,
        Operator::GreaterThan => v1::Operator::GreaterThan,
        Operator::GreaterOrEqual => v1::Operator::GreaterOrEqual,
        Operator::LessThan => v1::Operator::LessThan,
        Operator::LessOrEqual => v1::Operator::LessOrEqual,
    };
    Node::Comparison(v1::Comparison {
        attribute: attribute.to_owned(),
        operator: operator.into(),
        value: Some(value),
    })
}
