//! Who is played, and how each goes about it: the conversations that the tests replay, by provider.
//!
//! Owns which of their steps are fit to be sent to somebody else's service. Must never know an answer.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use strum::{EnumIter, EnumString, IntoStaticStr};

use super::conversation::{self, Step};

/// An identity provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Provider {
    /// Okta.
    Okta,
    /// Microsoft Entra ID.
    Entra,
    /// OneLogin.
    OneLogin,
}

/// One of the ways in which a provider talks.
pub struct Way {
    /// Whose.
    pub provider: Provider,
    /// Its name.
    pub name: &'static str,
    /// What is said.
    pub conversations: &'static [Embedded],
}

/// A conversation in the binary.
pub struct Embedded {
    /// Its name.
    pub name: &'static str,
    /// Whether it is about a user who is there.
    pub needs_user: bool,
    text: &'static str,
}

macro_rules! embedded {
    ($name:literal, $needs_user:literal) => {
        Embedded {
            name: $name,
            needs_user: $needs_user,
            text: include_str!(concat!("../../tests/conversations/", $name, ".json")),
        }
    };
}

/// Whom the conversations are about, and whom they create.
pub(super) const PLAYED: &str = "priya.nair@example.com";
const CREATED: &str = "nadia.haddad@example.com";
/// The conversation that creates somebody, and which of its fixtures allows it.
const CREATION: (Embedded, usize) = (embedded!("okta-user-not-found", false), 1);

/// All ways of all providers.
pub static WAYS: [Way; 6] = [
    Way {
        provider: Provider::Okta,
        name: "Okta, changes by PUT",
        conversations: &[
            embedded!("okta-test-connection", false),
            embedded!("okta-match-existing-user", true),
            embedded!("okta-profile-update-put", true),
            embedded!("okta-role-usertype-put", true),
        ],
    },
    Way {
        provider: Provider::Okta,
        name: "Okta, changes by PATCH",
        conversations: &[embedded!("okta-deactivate-reactivate-patch", true)],
    },
    Way {
        provider: Provider::Entra,
        name: "Entra ID, as it is by default",
        conversations: &[
            embedded!("entra-test-connection", false),
            embedded!("entra-discovery", false),
            embedded!("entra-deactivate-reactivate", true),
            embedded!("entra-profile-update-default", true),
            embedded!("entra-multi-op-order-atomic", true),
            embedded!("entra-role-stackusertype", true),
        ],
    },
    Way {
        provider: Provider::Entra,
        name: "Entra ID, with aadOptscim062020",
        conversations: &[embedded!("entra-profile-update-aadoptscim062020", true)],
    },
    Way {
        provider: Provider::OneLogin,
        name: "OneLogin, the template with its own URNs",
        conversations: &[
            embedded!("onelogin-enable-connection", false),
            embedded!("onelogin-provision-existing-user", true),
        ],
    },
    Way {
        provider: Provider::OneLogin,
        name: "OneLogin, the template with userType",
        conversations: &[
            embedded!("onelogin-template-usertype-department-title", true),
            embedded!("onelogin-suspend-reactivate-delete", true),
        ],
    },
];

impl Embedded {
    /// The steps to be sent, about this user: those of the first fixture that change nobody else and leave
    /// nothing that can't be put back.
    pub fn steps(&self, user_name: &str) -> Result<Vec<Step>, String> {
        let steps = conversation::read(&cast(self.text, PLAYED, user_name));
        let steps = steps.map_err(|error| format!("{} {error}", self.name))?;
        Ok(fixture(steps, 0).filter(is_fit).collect())
    }
}

/// The steps that create a user of this name, and try it once more.
pub fn creation(user_name: &str) -> Result<Vec<Step>, String> {
    let (embedded, number) = CREATION;
    let steps = conversation::read(&cast(embedded.text, CREATED, user_name));
    let steps = steps.map_err(|error| format!("{} {error}", embedded.name))?;
    Ok(fixture(steps, number).collect())
}

/// The steps from one fixture up to the next.
pub(super) fn fixture(steps: Vec<Step>, number: usize) -> impl Iterator<Item = Step> {
    let mut given = 0;
    steps.into_iter().filter(move |step| {
        given += usize::from(step.given.is_some());
        given == number + 1
    })
}

/// A password can't be read, so it could not be put back.
fn is_fit(step: &Step) -> bool {
    let changes_user = matches!(step.method.as_str(), "PUT" | "PATCH")
        && step.path.starts_with("/Users/{{id}}")
        && !step.body.as_ref().is_some_and(|body| body.get().contains("\"password\""));
    step.method == "GET" || changes_user
}

/// The text with somebody else in it, in each spelling that it has for a name.
pub(super) fn cast(text: &str, from: &str, to: &str) -> String {
    let in_json = |name: &str| {
        let quoted = serde_json::Value::from(name).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    };
    // Inside of a filter it is quoted once more.
    let in_filter = |name: &str| in_json(&in_json(name));
    let in_query = |name: &str| utf8_percent_encode(&in_json(name), NON_ALPHANUMERIC).to_string();
    // Of an address, nothing but its sign is spelt in another way there.
    let asked = if from.contains('@') { from.replace('@', "%40") } else { in_query(from) };
    let quoted = |name: &str| format!("\\\"{name}\\\"");
    text.replace(&quoted(from), &quoted(&in_filter(to)))
        .replace(&quoted(&from.to_uppercase()), &quoted(&in_filter(&to.to_uppercase())))
        .replace(&asked, &in_query(to))
        .replace(from, &in_json(to))
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator as _;

    use super::{Provider, WAYS, creation};
    use crate::doctor::exchange::{Placeholders, outgoing};

    #[test]
    fn every_provider_is_played_in_both_of_its_ways() {
        for provider in Provider::iter() {
            assert_eq!(WAYS.iter().filter(|way| way.provider == provider).count(), 2);
        }
    }

    #[test]
    fn what_is_sent_is_about_the_test_user_alone() {
        let name = "o\"neil\\+é@example.com";
        let mut sent = 0;
        for conversation in WAYS.iter().flat_map(|way| way.conversations) {
            for step in conversation.steps(name).unwrap() {
                let out = outgoing(&step, "", &Placeholders::new());
                let body = String::from_utf8(out.body.unwrap_or_default()).unwrap();
                let text = format!("{} {body}", out.target);
                assert!(!text.contains("priya.nair"), "{}: {text}", conversation.name);
                assert!(!body.contains("password"), "{}: {body}", conversation.name);
                assert!(matches!(&*out.method, "GET" | "PUT" | "PATCH"), "{}", out.method);
                let is_of_user = text.starts_with("/Users/{{id}}") || out.method == "GET";
                assert!(is_of_user, "{}: {text}", conversation.name);
                if !body.is_empty() {
                    serde_json::from_str::<serde_json::Value>(&body).unwrap();
                }
                out.target.parse::<http::Uri>().unwrap();
                sent += 1;
            }
        }
        assert!(sent > 50, "{sent} steps");
    }

    #[test]
    fn a_name_is_spelt_as_each_place_needs() {
        let steps = WAYS[0].conversations[1].steps("o\"neil+é@example.com").unwrap();
        let target = outgoing(&steps[0], "", &Placeholders::new()).target;
        assert!(target.contains("%22o%5C%22neil%2B%C3%A9%40example%2Ecom%22"), "{target}");
        let upper = outgoing(steps.last().unwrap(), "", &Placeholders::new()).target;
        assert!(upper.contains("O%5C%22NEIL%2B%C3%89%40EXAMPLE%2ECOM%22"), "{upper}");
        let put = steps.iter().find(|step| step.method == "PUT").unwrap();
        assert!(put.body.as_ref().unwrap().get().contains(r#""o\"neil+é@example.com""#));
        let steps = creation("doctor@example.com").unwrap();
        assert_eq!(steps.len(), 2);
        assert!(steps[0].body.as_ref().unwrap().get().contains("\"doctor@example.com\""));
    }
}
