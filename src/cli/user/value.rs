//! Values of a profile, as people and scripts read them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use provost_proto::v1::Value;
use provost_proto::v1::value::Kind;
use serde::Serialize;

use super::super::time;

/// A value as JSON has it: a point in time is RFC 3339, bytes are base64.
#[derive(Serialize)]
#[serde(untagged)]
pub enum ValueView {
    Text(String),
    Boolean(bool),
    Integer(i64),
    Decimal(f64),
    Complex(BTreeMap<String, Self>),
    List(Vec<Self>),
}

/// Values by name.
pub fn views(attributes: BTreeMap<String, Value>) -> BTreeMap<String, ValueView> {
    let view = |(name, value)| Some((name, ValueView::new(value)?));
    attributes.into_iter().filter_map(view).collect()
}

impl ValueView {
    /// From the contract's value; none where it has no kind.
    pub fn new(value: Value) -> Option<Self> {
        Some(match value.kind? {
            Kind::Text(text) | Kind::Reference(text) => Self::Text(text),
            Kind::Boolean(boolean) => Self::Boolean(boolean),
            Kind::Integer(number) => Self::Integer(number),
            Kind::Decimal(number) => Self::Decimal(number),
            Kind::DateTime(at) => Self::Text(time::written(at)),
            Kind::Binary(bytes) => Self::Text(BASE64.encode(bytes)),
            Kind::Complex(complex) => Self::Complex(views(complex.attributes)),
            Kind::List(list) => {
                Self::List(list.elements.into_iter().filter_map(Self::new).collect())
            }
        })
    }

    /// A line for the value, or for each element of a list.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::List(elements) => elements.iter().map(Self::line).collect(),
            single => vec![single.line()],
        }
    }

    fn line(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Boolean(boolean) => boolean.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Decimal(number) => number.to_string(),
            Self::Complex(subs) => element(subs),
            Self::List(elements) => elements.iter().map(Self::line).collect::<Vec<_>>().join(", "),
        }
    }
}

/// What stands for the element, its type, and whether it is the primary one.
fn element(subs: &BTreeMap<String, ValueView>) -> String {
    let kind = subs.get("type").map(|kind| format!(" ({})", kind.line())).unwrap_or_default();
    let is_primary = matches!(subs.get("primary"), Some(ValueView::Boolean(true)));
    let primary = if is_primary { " primary" } else { "" };
    let sub = |(name, value): (&String, &ValueView)| format!("{name}: {}", value.line());
    let all = || subs.iter().map(sub).collect::<Vec<_>>().join(", ");
    let value = subs.get("value").or_else(|| subs.get("formatted"));
    let value = value.map_or_else(all, ValueView::line);
    format!("{value}{kind}{primary}")
}
