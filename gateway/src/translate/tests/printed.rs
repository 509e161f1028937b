//! Messages of the contract in a line each. Written from the `.proto` files alone, so that it
//! shares no mistake with the translation.

use provost_proto::v1;
use provost_proto::v1::change::Change;
use provost_proto::v1::edit_list::Edit;
use provost_proto::v1::filter::Node;
use provost_proto::v1::value::Kind;

pub fn change(change: &v1::Change) -> String {
    match change.change.as_ref().unwrap() {
        Change::SetActive(set) => format!("active = {}", set.active),
        Change::SetRole(set) => format!("role = {}", set.role().as_str_name()),
        Change::SetUserName(set) => format!("user_name = {}", set.user_name),
        Change::SetExternalId(set) => cleared_or("external_id", set.external_id.clone()),
        Change::SetAttribute(set) => cleared_or(&set.attribute, set.value.clone().map(text)),
        Change::EditList(edit) => list_edit(edit),
        Change::Replace(replace) => self::replace(replace),
        Change::PlaceHold(_) | Change::LiftHold(_) => panic!("SCIM has no holds"),
        Change::ForgetSubject(_) => "forget the subject".to_owned(),
        Change::Ignored(ignored) => self::ignored(ignored),
    }
}

fn cleared_or(name: &str, value: Option<String>) -> String {
    match value {
        Some(value) => format!("{name} = {value}"),
        None => format!("{name} cleared"),
    }
}

/// A value; of all types but text with a word for the type.
pub fn text(value: v1::Value) -> String {
    match value.kind.unwrap() {
        Kind::Text(text) | Kind::Reference(text) => text,
        Kind::Boolean(truth) => truth.to_string(),
        Kind::Integer(number) => format!("int {number}"),
        Kind::Decimal(number) => format!("dec {number}"),
        Kind::DateTime(at) => format!("{}.{:09}", at.seconds, at.nanos),
        Kind::Binary(bytes) => format!("{bytes:?}"),
        Kind::Complex(parts) => complex(&parts),
        Kind::List(list) => elements(&list),
    }
}

pub fn ignored(ignored: &v1::Ignored) -> String {
    let reason = ignored.reason().name();
    format!("{} ignored: {reason}", ignored.attribute)
}

fn list_edit(v1::EditList { list, selector, edit }: &v1::EditList) -> String {
    let selector =
        selector.as_ref().map_or(String::new(), |filter| format!("[{}]", self::filter(filter)));
    let edit = match edit.as_ref().unwrap() {
        Edit::Add(added) => format!("add {}", elements(added)),
        Edit::Replace(replacing) => format!("replace {}", elements(replacing)),
        Edit::Merge(merge) => format!("merge {}", complex(merge)),
        Edit::Clear(clear) => format!("clear {}", clear.attributes.join(" ")),
        Edit::Remove(_) => "remove".to_owned(),
    };
    format!("{list}{selector} {edit}")
}

fn elements(list: &v1::List) -> String {
    list.elements.iter().cloned().map(text).collect::<Vec<_>>().join(" ")
}

/// With `primary` at the end.
fn complex(complex: &v1::Complex) -> String {
    let (primary, others): (Vec<_>, Vec<_>) =
        complex.attributes.iter().partition(|(name, _)| *name == "primary");
    let parts = others.into_iter().chain(primary);
    let parts = parts.map(|(name, value)| format!("{name}: {}", text(value.clone())));
    format!("{{{}}}", parts.collect::<Vec<_>>().join(", "))
}

fn replace(replace: &v1::Replace) -> String {
    let v1::Replace { user_name, external_id, active, role, profile } = replace;
    let role = v1::Role::try_from(*role).unwrap();
    let mut said: Vec<String> = Vec::new();
    said.extend(user_name.iter().map(|name| format!("user_name = {name}")));
    said.extend(external_id.iter().map(|id| format!("external_id = {id}")));
    said.extend(active.map(|active| format!("active = {active}")));
    if role != v1::Role::Unspecified {
        said.push(format!("role = {}", role.as_str_name()));
    }
    said.extend(self::profile(profile.as_ref().unwrap()));
    format!("replace with {}", said.join("; "))
}

/// Single values first.
pub fn profile(profile: &v1::Profile) -> Vec<String> {
    let is_list = |value: &v1::Value| matches!(value.kind, Some(Kind::List(_)));
    let (lists, singles): (Vec<_>, Vec<_>) =
        profile.attributes.iter().partition(|(_, value)| is_list(value));
    let all = singles.into_iter().chain(lists);
    all.map(|(name, value)| format!("{name} = {}", text(value.clone()))).collect()
}

/// A filter, with brackets around everything that has operands.
pub fn filter(filter: &v1::Filter) -> String {
    match filter.node.as_ref().unwrap() {
        Node::All(list) => format!("({})", operands(list, " & ")),
        Node::Any(list) => format!("({})", operands(list, " | ")),
        Node::Not(operand) => format!("!({})", self::filter(operand)),
        Node::Present(name) => format!("{name}?"),
        Node::Element(element) => {
            format!("{}{{{}}}", element.list, self::filter(element.filter.as_ref().unwrap()))
        }
        Node::Comparison(comparison) => {
            let operator = comparison.operator().as_str_name().trim_start_matches("OPERATOR_");
            let value = comparison.value.clone().unwrap();
            let value = match value.kind.as_ref().unwrap() {
                Kind::Text(text) | Kind::Reference(text) => format!("{text:?}"),
                _ => text(value),
            };
            format!("{} {operator} {value}", comparison.attribute)
        }
    }
}

fn operands(list: &v1::FilterList, between: &str) -> String {
    list.filters.iter().map(filter).collect::<Vec<_>>().join(between)
}
