//! From a comparison of the contract to the domain's: operator and value must fit the attribute.

use super::decode::{missing, time};
use provost_domain::{
    AttributeType, Comparison, Decimal, OrderOperator, ProfileAttribute, Reason, Refusal,
    TextOperator, Timestamp,
};
use provost_proto::v1::Operator;
use provost_proto::v1::value::Kind;

/// The comparison, and whether its answer is to be turned round.
pub(super) fn comparison(
    attribute: &ProfileAttribute,
    operator: Operator,
    value: &Kind,
) -> Result<(Comparison, bool), Refusal> {
    let wrong = || incomparable(attribute.name);
    if attribute.multi_valued {
        return Err(wrong());
    }
    let order = || order_operator(operator).ok_or_else(wrong);
    match (attribute.kind, value) {
        (AttributeType::Text, Kind::Text(text)) => {
            let (operator, negated) = text_operator(operator)?;
            Ok((Comparison::Text(operator, text.clone()), negated))
        }
        (AttributeType::Reference, Kind::Reference(uri) | Kind::Text(uri)) => {
            let (operator, negated) = text_operator(operator)?;
            Ok((Comparison::Reference(operator, uri.clone()), negated))
        }
        (AttributeType::Boolean, Kind::Boolean(boolean)) => {
            let negated = is_negated(operator).ok_or_else(wrong)?;
            Ok((Comparison::Boolean(*boolean), negated))
        }
        (AttributeType::Integer, Kind::Integer(number)) => {
            let (operator, negated) = order()?;
            Ok((Comparison::Integer(operator, *number), negated))
        }
        (AttributeType::Decimal, Kind::Decimal(number)) => {
            let (operator, negated) = order()?;
            let number = Decimal::new(*number).ok_or_else(wrong)?;
            Ok((Comparison::Decimal(operator, number), negated))
        }
        (AttributeType::DateTime, Kind::DateTime(at)) => {
            let (operator, negated) = order()?;
            let (operator, at) = order_of_times(operator, at);
            Ok((Comparison::DateTime(operator, at), negated))
        }
        (AttributeType::Binary, Kind::Binary(bytes)) => {
            let negated = is_negated(operator).ok_or_else(wrong)?;
            Ok((Comparison::Binary(bytes.clone()), negated))
        }
        _ => Err(wrong()),
    }
}

/// Equal or not, where nothing else can be asked.
fn is_negated(operator: Operator) -> Option<bool> {
    match operator {
        Operator::Equal => Some(false),
        Operator::NotEqual => Some(true),
        _ => None,
    }
}

/// The operator, and whether its answer is to be turned round.
pub(super) fn order_operator(operator: Operator) -> Option<(OrderOperator, bool)> {
    match operator {
        Operator::Equal => Some((OrderOperator::Equal, false)),
        Operator::NotEqual => Some((OrderOperator::Equal, true)),
        Operator::GreaterThan => Some((OrderOperator::Greater, false)),
        Operator::GreaterOrEqual => Some((OrderOperator::GreaterOrEqual, false)),
        Operator::LessThan => Some((OrderOperator::Less, false)),
        Operator::LessOrEqual => Some((OrderOperator::LessOrEqual, false)),
        Operator::Unspecified | Operator::Contains | Operator::StartsWith | Operator::EndsWith => {
            None
        }
    }
}

/// The operator and the point in time that is kept for the one that is asked for. One that is finer
/// than what is kept lies between two that are: it comes after the first, and equals none.
pub(super) fn order_of_times(
    operator: OrderOperator,
    at: &prost_types::Timestamp,
) -> (OrderOperator, Timestamp) {
    let kept = time(at);
    if at.nanos % 1_000 == 0 {
        return (operator, kept);
    }
    match operator {
        OrderOperator::Equal => (OrderOperator::Less, Timestamp(i64::MIN)),
        OrderOperator::Greater | OrderOperator::GreaterOrEqual => (OrderOperator::Greater, kept),
        OrderOperator::Less | OrderOperator::LessOrEqual => (OrderOperator::LessOrEqual, kept),
    }
}

/// The operator, and whether its answer is to be turned round.
pub(super) fn text_operator(operator: Operator) -> Result<(TextOperator, bool), Refusal> {
    match operator {
        Operator::Equal => Ok((TextOperator::Equal, false)),
        Operator::NotEqual => Ok((TextOperator::Equal, true)),
        Operator::Contains => Ok((TextOperator::Contains, false)),
        Operator::StartsWith => Ok((TextOperator::StartsWith, false)),
        Operator::EndsWith => Ok((TextOperator::EndsWith, false)),
        Operator::GreaterThan => Ok((TextOperator::Greater, false)),
        Operator::GreaterOrEqual => Ok((TextOperator::GreaterOrEqual, false)),
        Operator::LessThan => Ok((TextOperator::Less, false)),
        Operator::LessOrEqual => Ok((TextOperator::LessOrEqual, false)),
        Operator::Unspecified => Err(missing("comparison.operator")),
    }
}

pub(super) fn incomparable(name: &str) -> Refusal {
    Refusal::about(
        Reason::FilterInvalid,
        name,
        format!("{name} can't be compared like this; check the operator and the type of the value"),
    )
}
