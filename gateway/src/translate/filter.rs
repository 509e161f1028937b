//! SCIM's filter tree as the contract's.

use super::role;
use super::values::value as translated;
use super::vocabulary::{Meaning, Vocabulary};
use provost_proto::v1;
use provost_proto::v1::filter::Node;
use provost_scim::filter::{Operator, ScimFilter};
use provost_scim::{Attribute, ScimValue};

/// Translates a condition over users, or over the elements of a list.
pub fn filter(vocabulary: &Vocabulary<'_>, filter: &ScimFilter<'_>) -> v1::Filter {
    v1::Filter { node: Some(node(vocabulary, filter)) }
}

fn node(vocabulary: &Vocabulary<'_>, filter: &ScimFilter<'_>) -> Node {
    let operands = |operands: &[ScimFilter<'_>]| v1::FilterList {
        filters: operands.iter().map(|operand| self::filter(vocabulary, operand)).collect(),
    };
    match filter {
        ScimFilter::All(list) => Node::All(operands(list)),
        ScimFilter::Any(list) => Node::Any(operands(list)),
        ScimFilter::Not(operand) => Node::Not(Box::new(self::filter(vocabulary, operand))),
        ScimFilter::Comparison { attribute, operator, value } => {
            compare(vocabulary, attribute, *operator, value)
        }
        ScimFilter::Present(attribute) => {
            let present = Node::Present(vocabulary.name(attribute).to_owned());
            match vocabulary.whole(attribute) {
                Some(whole) => within(vocabulary, whole, present),
                None => present,
            }
        }
        ScimFilter::Element { list, filter } => Node::Element(Box::new(v1::ElementFilter {
            list: vocabulary.name(list).to_owned(),
            filter: Some(Box::new(self::filter(vocabulary, filter))),
        })),
    }
}

fn compare(
    vocabulary: &Vocabulary<'_>,
    attribute: &Attribute,
    operator: Operator,
    value: &ScimValue<'_>,
) -> Node {
    if let (Meaning::Role(_), ScimValue::Text(text)) = (vocabulary.meaning(attribute), value) {
        return role_comparison(operator, text);
    }
    let name = vocabulary.name(attribute);
    let value = translated(vocabulary, value.clone());
    match (vocabulary.whole(attribute), operator) {
        (None, _) => comparison(name, operator, value),
        // Also holds of who has no such attribute at all.
        (Some(whole), Operator::NotEqual) => {
            let equal = within(vocabulary, whole, comparison(name, Operator::Equal, value));
            Node::Not(Box::new(v1::Filter { node: Some(equal) }))
        }
        (Some(whole), _) => within(vocabulary, whole, comparison(name, operator, value)),
    }
}

/// A condition over the parts of a complex attribute.
fn within(vocabulary: &Vocabulary<'_>, whole: &Attribute, node: Node) -> Node {
    Node::Element(Box::new(v1::ElementFilter {
        list: vocabulary.name(whole).to_owned(),
        filter: Some(Box::new(v1::Filter { node: Some(node) })),
    }))
}

/// The contract compares roles for equality only, because their order is not that of their
/// words. Whatever else is asked of the words is answered here: there are only three.
fn role_comparison(operator: Operator, text: &str) -> Node {
    let holds: fn(&str, &str) -> bool = match operator {
        Operator::Equal | Operator::NotEqual => {
            return comparison("role", operator, self::text(text));
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
    let words = role::ROLES.map(role::as_str).into_iter();
    let filters: Vec<_> = words
        .filter(|word| holds(&word.to_lowercase(), &text))
        .map(|word| comparison("role", Operator::Equal, self::text(word)))
        .map(|node| v1::Filter { node: Some(node) })
        .collect();
    if filters.is_empty() {
        // Nobody is without a role.
        let role = v1::Filter { node: Some(Node::Present("role".to_owned())) };
        return Node::Not(Box::new(role));
    }
    Node::Any(v1::FilterList { filters })
}

fn text(text: &str) -> v1::Value {
    v1::Value { kind: Some(v1::value::Kind::Text(text.to_owned())) }
}

fn comparison(attribute: &str, operator: Operator, value: v1::Value) -> Node {
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
