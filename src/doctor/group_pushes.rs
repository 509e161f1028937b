//! What providers send to push groups: the conversations that the tests replay, about a group that is the
//! doctor's own and has the test user as its only member.
//!
//! Owns how a conversation of two members becomes one of one. Must never know an answer.

use serde_json::Value;
use serde_json::value::RawValue;

use super::conversation::{self, Expect, Op, Step};
use super::providers::{PLAYED, Provider, WAYS, Way, cast, fixture};

/// Who else is a member in conversations: nobody whom the doctor may touch.
const OTHER: &str = "{{id2}}";

/// A conversation about a group.
pub struct GroupPush {
    /// The way that it belongs to.
    pub way: &'static Way,
    /// Its name.
    pub name: &'static str,
    /// Whether the group is there before, with the test user in it.
    pub is_there: bool,
    /// What the group is called in it.
    group: &'static str,
    text: &'static str,
}

macro_rules! push {
    ($way:literal, $name:literal, $group:literal, $is_there:literal) => {
        GroupPush {
            way: &WAYS[$way],
            name: $name,
            is_there: $is_there,
            group: $group,
            text: include_str!(concat!("../../tests/conversations/", $name, ".json")),
        }
    };
}

/// All pushes of groups.
static PUSHES: [GroupPush; 5] = [
    push!(0, "reports/group-update-by-put", "Harbour Crew", true),
    push!(1, "okta-group-push-oin", "Payments Guild", false),
    push!(2, "entra-group-lifecycle", "Mobile Platform", false),
    push!(3, "entra-group-aadoptscim062020", "Quay Works", false),
    push!(4, "onelogin-group-create", "Lantern Team", false),
];

/// The pushes of these providers.
pub fn chosen(providers: &[Provider]) -> impl Iterator<Item = &'static GroupPush> {
    PUSHES.iter().filter(|push| providers.contains(&push.way.provider))
}

impl GroupPush {
    /// What stands above it.
    pub fn title(&self) -> String {
        format!("{}: {}", self.way.name, self.name)
    }

    /// The steps to be sent, about a group of this name and this user.
    pub fn steps(&self, group: &str, user_name: &str) -> Result<Vec<Step>, String> {
        let text = cast(&cast(self.text, self.group, group), PLAYED, user_name);
        let steps = conversation::read(&text).map_err(|error| format!("{} {error}", self.name))?;
        Ok(fixture(steps, 0).filter(is_fit).filter_map(with_one_member).collect())
    }
}

/// What is refused on purpose, no provider sends.
fn is_fit(step: &Step) -> bool {
    step.expect.status.iter().any(|status| *status < 400)
}

/// The step without the other member; none where nothing is left of it.
fn with_one_member(mut step: Step) -> Option<Step> {
    let Expect { status: _, assertions } = &mut step.expect;
    assertions.retain(|one| {
        let counts_members = one.op == Op::Length && one.value != 0;
        !counts_members && !names_other(&one.value)
    });
    let Some(body) = step.body.take() else { return Some(step) };
    if !body.get().contains(OTHER) {
        step.body = Some(body);
        return Some(step);
    }
    let mut body: Value = serde_json::from_str(body.get()).unwrap_or_default();
    let is_emptied = without_other(&mut body);
    // Of a PATCH nothing is left then; a whole group is left without members.
    if is_emptied && step.method == "PATCH" {
        return None;
    }
    step.body = RawValue::from_string(body.to_string()).ok();
    Some(step)
}

/// Takes the other member out, and answers whether a list has nothing in it now. What still names them is
/// about nobody else, and goes as a whole.
fn without_other(value: &mut Value) -> bool {
    match value {
        Value::Array(elements) => {
            let was_empty = elements.is_empty();
            elements.retain_mut(|element| !without_other(element) && !names_other(element));
            elements.is_empty() && !was_empty
        }
        Value::Object(members) => {
            members.values_mut().fold(false, |is_emptied, value| without_other(value) | is_emptied)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn names_other(value: &Value) -> bool {
    value.to_string().contains(OTHER)
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator as _;

    use super::{PUSHES, Provider, chosen};
    use crate::doctor::exchange::{Placeholders, outgoing};

    #[test]
    fn every_provider_pushes_groups() {
        for provider in Provider::iter() {
            assert!(chosen(&[provider]).count() > 0, "{provider:?}");
        }
    }

    #[test]
    fn what_is_sent_is_about_the_test_user_and_the_group_of_the_doctor() {
        let (group, user) = ("doctor \"1\" é", "o\"neil+é@example.com");
        let (mut sent, mut methods) = (0, std::collections::BTreeSet::new());
        for push in &PUSHES {
            for step in push.steps(group, user).unwrap() {
                let out = outgoing(&step, "", &Placeholders::new());
                let body = String::from_utf8(out.body.unwrap_or_default()).unwrap();
                let text = format!("{} {body}", out.target);
                for other in ["id2", "priya.nair", "tomas.lindqvist", push.group] {
                    assert!(!text.contains(other), "{}: {text}", push.name);
                }
                let is_of_group = text.starts_with("/Groups/{{groupId}}");
                let is_first = out.method == "POST" && !push.is_there;
                assert!(is_of_group || is_first || out.method == "GET", "{}: {text}", push.name);
                if !body.is_empty() {
                    serde_json::from_str::<serde_json::Value>(&body).unwrap();
                }
                assert!(!step.expect.assertions.iter().any(|it| super::names_other(&it.value)));
                methods.insert(out.method);
                sent += 1;
            }
        }
        assert!(sent > 25, "{sent} steps");
        assert_eq!(
            methods.into_iter().collect::<Vec<_>>(),
            ["DELETE", "GET", "PATCH", "POST", "PUT"]
        );
    }

    #[test]
    fn of_two_members_one_is_left() {
        let push = chosen(&[Provider::Okta]).find(|push| !push.is_there).unwrap();
        let steps = push.steps("g", "u").unwrap();
        let body = |name: &str| {
            let step = steps.iter().find(|step| step.name == name)?;
            Some(step.body.as_ref()?.get().to_owned())
        };
        let one = body("remove one, add one").unwrap();
        assert!(one.contains("\"add\"") && !one.contains("\"remove\""), "{one}");
        assert!(body("full membership replace").unwrap().contains("{{id}}"));
        assert_eq!(body("add with value and display only, no type"), None);
        assert!(body("push of an empty group").unwrap().contains("\"value\": []"));
    }
}
