//! Simple conditions of lists, as the contract says them.
//!
//! Must never know what is listed.

use provost_proto::v1::filter::Node;
use provost_proto::v1::value::Kind;
use provost_proto::v1::{Comparison, ElementFilter, Filter, FilterList, Operator, Value};

/// That all of those that were asked for hold; nothing where none was.
pub fn all<const N: usize>(conditions: [Option<Filter>; N]) -> Option<Filter> {
    let filters: Vec<Filter> = conditions.into_iter().flatten().collect();
    let is_asked = !filters.is_empty();
    is_asked.then_some(Filter { node: Some(Node::All(FilterList { filters })) })
}

/// That an attribute compares with a value in this way.
pub fn compare(attribute: &str, operator: Operator, kind: Kind) -> Filter {
    let comparison = Comparison {
        attribute: attribute.to_owned(),
        operator: operator.into(),
        value: Some(Value { kind: Some(kind) }),
    };
    Filter { node: Some(Node::Comparison(comparison)) }
}

/// That some element of a list satisfies a condition.
pub fn some_element(list: &str, condition: Filter) -> Filter {
    let element = ElementFilter { list: list.to_owned(), filter: Some(Box::new(condition)) };
    Filter { node: Some(Node::Element(Box::new(element))) }
}
