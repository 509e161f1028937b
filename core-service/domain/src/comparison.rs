//! How the values of a profile compare with what is asked for.
//!
//! Text compares without regard to case (`fold.rs`), numbers and times by their order, bytes
//! exactly.
//! What is asked for has the attribute's type; a value of another one satisfies nothing.

use super::unspoken::unspoken;
use super::{Decimal, Timestamp, Value, fold};

/// A comparison with a value, by the type of the attribute. "Not equal" is the negation of equal.
#[derive(Clone, PartialEq, Eq)]
pub enum Comparison {
    /// Of texts.
    Text(TextOperator, String),
    /// Of URIs, as texts.
    Reference(TextOperator, String),
    /// Whether it is this.
    Boolean(bool),
    /// Of whole numbers.
    Integer(OrderOperator, i64),
    /// Of numbers with a fraction.
    Decimal(OrderOperator, Decimal),
    /// Of points in time.
    DateTime(OrderOperator, Timestamp),
    /// Whether it is these bytes.
    Binary(Vec<u8>),
}

unspoken!(Comparison);

/// How texts compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TextOperator {
    Equal,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// How numbers and points in time compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum OrderOperator {
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Comparison {
    /// Whether a value satisfies it.
    pub(super) fn holds(&self, have: &Value) -> bool {
        match (self, have) {
            (Self::Text(operator, asked), Value::Text(have))
            | (Self::Reference(operator, asked), Value::Reference(have)) => {
                operator.holds(&fold(have), &fold(asked))
            }
            (Self::Boolean(asked), Value::Boolean(have)) => have == asked,
            (Self::Integer(operator, asked), Value::Integer(have)) => operator.holds(have, asked),
            (Self::Decimal(operator, asked), Value::Decimal(have)) => operator.holds(have, asked),
            (Self::DateTime(operator, asked), Value::DateTime(have)) => operator.holds(have, asked),
            (Self::Binary(asked), Value::Binary(have)) => have == asked,
            _ => false,
        }
    }

    /// The value that alone satisfies it, as far as case goes, if there is one.
    pub(super) fn described(&self) -> Option<Value> {
        match self {
            Self::Text(TextOperator::Equal, text) => Some(Value::Text(text.clone())),
            Self::Reference(TextOperator::Equal, uri) => Some(Value::Reference(uri.clone())),
            Self::Boolean(boolean) => Some(Value::Boolean(*boolean)),
            Self::Integer(OrderOperator::Equal, number) => Some(Value::Integer(*number)),
            Self::Decimal(OrderOperator::Equal, number) => Some(Value::Decimal(*number)),
            Self::DateTime(OrderOperator::Equal, at) => Some(Value::DateTime(*at)),
            Self::Binary(bytes) => Some(Value::Binary(bytes.clone())),
            Self::Text(..)
            | Self::Reference(..)
            | Self::Integer(..)
            | Self::Decimal(..)
            | Self::DateTime(..) => None,
        }
    }
}

impl TextOperator {
    pub(super) fn holds(self, have: &str, asked: &str) -> bool {
        match self {
            Self::Equal => have == asked,
            Self::Contains => have.contains(asked),
            Self::StartsWith => have.starts_with(asked),
            Self::EndsWith => have.ends_with(asked),
            Self::Greater => have > asked,
            Self::GreaterOrEqual => have >= asked,
            Self::Less => have < asked,
            Self::LessOrEqual => have <= asked,
        }
    }
}

impl OrderOperator {
    pub(super) fn holds<T: Ord>(self, have: &T, asked: &T) -> bool {
        match self {
            Self::Equal => have == asked,
            Self::Greater => have > asked,
            Self::GreaterOrEqual => have >= asked,
            Self::Less => have < asked,
            Self::LessOrEqual => have <= asked,
        }
    }
}
