//! A group as a name, an identifier and a set of people, and what operations plainly mean for it. Must
//! never know how a service does it.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Club {
    name: String,
    external_id: Option<String>,
    /// Places in the list of people.
    members: BTreeSet<usize>,
}

/// One operation; the number says in which of the ways that are seen it is written.
#[derive(Debug, Clone)]
pub enum Step {
    Name(&'static str, u8),
    ExternalId(Option<&'static str>, u8),
    Add(Vec<usize>, u8),
    Replace(Vec<usize>, u8),
    Remove(Vec<usize>, u8),
    RemoveAll(u8),
}

pub fn step(people: usize) -> impl Strategy<Value = Step> {
    let way = || any::<u8>();
    let some = move || prop::collection::vec(0..people, 0..4);
    prop_oneof![
        1 => (select(vec!["Guides", "guides", "Pilots"]), way()).prop_map(|(name, way)| Step::Name(name, way)),
        1 => (select(vec![None, Some("0a"), Some("0A")]), way())
            .prop_map(|(id, way)| Step::ExternalId(id, way)),
        4 => (some(), way()).prop_map(|(ids, way)| Step::Add(ids, way)),
        2 => (some(), way()).prop_map(|(ids, way)| Step::Replace(ids, way)),
        3 => (some(), way()).prop_map(|(ids, way)| Step::Remove(ids, way)),
        1 => way().prop_map(Step::RemoveAll),
    ]
}

impl Step {
    pub fn written(&self, people: &[String]) -> Value {
        let members = |ids: &[usize], way: &u8| -> Value {
            let member = |at: &usize| match way % 3 {
                0 => json!({"value": people[*at]}),
                1 => json!({"$ref": null, "value": people[*at], "display": null, "type": "User"}),
                _ => json!({"display": "x", "value": people[*at]}),
            };
            ids.iter().map(member).collect()
        };
        let assigned = |op: &str, path: &str, value: Value, way: &u8| match way % 2 {
            0 => json!({"op": op, "path": path, "value": value}),
            _ => json!({"op": op, "value": {path: value}}),
        };
        match self {
            Self::Name(name, way) => assigned("replace", "displayName", json!(name), way),
            Self::ExternalId(Some(id), way) => assigned("Add", "externalId", json!(id), way),
            Self::ExternalId(None, way) if way % 2 == 0 => {
                json!({"op": "remove", "path": "externalId"})
            }
            Self::ExternalId(None, _) => {
                json!({"op": "replace", "path": "externalId", "value": null})
            }
            Self::Add(ids, way) => assigned("Add", "members", members(ids, way), way),
            Self::Replace(ids, way) => assigned("replace", "members", members(ids, way), way),
            Self::Remove(ids, way) if way % 2 == 1 && !ids.is_empty() => {
                let tests: Vec<_> =
                    ids.iter().map(|at| format!("value eq \"{}\"", people[*at])).collect();
                json!({"op": "remove", "path": format!("members[{}]", tests.join(" or "))})
            }
            Self::Remove(ids, way) => {
                json!({"op": "Remove", "path": "members", "value": members(ids, way)})
            }
            Self::RemoveAll(way) if way % 2 == 0 => json!({"op": "remove", "path": "members"}),
            Self::RemoveAll(_) => json!({"op": "replace", "path": "members", "value": []}),
        }
    }
}

impl Club {
    /// What an answer says of the group.
    pub fn read(group: &Value, people: &[String]) -> Self {
        let members = group["members"].as_array().into_iter().flatten();
        let place = |member: &Value| people.iter().position(|id| member["value"] == id.as_str());
        Self {
            name: group["displayName"].as_str().unwrap().to_owned(),
            external_id: group["externalId"].as_str().map(str::to_owned),
            members: members.map(|member| place(member).unwrap()).collect(),
        }
    }

    pub fn apply(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Name(name, _) => (*name).clone_into(&mut self.name),
                Step::ExternalId(id, _) => self.external_id = id.map(str::to_owned),
                Step::Add(ids, _) => self.members.extend(ids),
                Step::Replace(ids, _) => self.members = ids.iter().copied().collect(),
                Step::Remove(ids, _) => self.members.retain(|at| !ids.contains(at)),
                Step::RemoveAll(_) => self.members.clear(),
            }
        }
    }
}
