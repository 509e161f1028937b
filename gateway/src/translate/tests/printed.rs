//! Messages of the contract in a line each. Written from the `.proto` files alone, so that it
//! shares no mistake with the translation.

use provost_proto::v1;
use provost_proto::v1::change::Change;
use provost_proto::v1::comparison::Value;
use provost_proto::v1::edit_list::Edit;
use provost_proto::v1::filter::Node;
use std::collections::BTreeMap;

pub fn change(change: &v1::Change) -> String {
    match change.change.as_ref().unwrap() {
        Change::SetActive(set) => format!("active = {}", set.active),
        Change::SetRole(set) => format!("role = {}", set.role().as_str_name()),
        Change::SetUserName(set) => format!("user_name = {}", set.user_name),
        Change::SetExternalId(set) => text("external_id", set.external_id.as_deref()),
        Change::SetText(set) => text(&set.attribute, set.value.as_deref()),
        Change::EditList(edit) => list_edit(edit),
        Change::Replace(replace) => self::replace(replace),
        Change::PlaceHold(_) | Change::LiftHold(_) => panic!("SCIM has no holds"),
        Change::Ignored(ignored) => self::ignored(ignored),
    }
}

fn text(name: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => format!("{name} = {value}"),
        None => format!("{name} cleared"),
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
        Edit::Merge(merge) => format!("merge {}", element(&merge.texts, merge.primary)),
        Edit::Clear(clear) => format!("clear {}", clear.attributes.join(" ")),
        Edit::Remove(_) => "remove".to_owned(),
    };
    format!("{list}{selector} {edit}")
}

fn elements(list: &v1::Elements) -> String {
    let elements = list.elements.iter();
    let printed = elements.map(|one| element(&one.texts, one.primary.then_some(true)));
    printed.collect::<Vec<_>>().join(" ")
}

fn element(texts: &BTreeMap<String, String>, primary: Option<bool>) -> String {
    let texts = texts.iter().map(|(name, text)| format!("{name}: {text}"));
    let primary = primary.map(|primary| format!("primary: {primary}"));
    format!("{{{}}}", texts.chain(primary).collect::<Vec<_>>().join(", "))
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

pub fn profile(profile: &v1::Profile) -> Vec<String> {
    let texts = profile.texts.iter().map(|(name, text)| format!("{name} = {text}"));
    let lists = profile.lists.iter().map(|(name, list)| format!("{name} = {}", elements(list)));
    texts.chain(lists).collect()
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
            let value = match comparison.value.as_ref().unwrap() {
                Value::Text(text) => format!("{text:?}"),
                Value::Boolean(truth) => truth.to_string(),
                Value::Time(at) => format!("{}.{:09}", at.seconds, at.nanos),
            };
            format!("{} {operator} {value}", comparison.attribute)
        }
    }
}

fn operands(list: &v1::FilterList, between: &str) -> String {
    list.filters.iter().map(filter).collect::<Vec<_>>().join(between)
}
