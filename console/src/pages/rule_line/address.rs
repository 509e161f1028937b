//! Which rule a link means: by the id of its group, or by a name.

use provost_proto::v1::RuledGroup;
use provost_proto::v1::ruled_group::By;
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization as _;

use super::super::log::escaped;

/// A rule, as links and forms name it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct RuleAddress {
    /// `id` or `name`.
    #[serde(default)]
    pub by: String,
    /// The id or the name.
    #[serde(default)]
    pub group: String,
}

const ID: &str = "id";
const NAME: &str = "name";

impl RuleAddress {
    /// Of what a rule is about.
    pub fn of(group: RuledGroup) -> Option<Self> {
        Some(match group.by? {
            By::GroupId(id) => Self::of_id(&id),
            By::DisplayName(name) => Self::of_name(&name),
        })
    }

    /// Of one group.
    pub fn of_id(id: &str) -> Self {
        Self { by: ID.to_owned(), group: id.to_owned() }
    }

    /// Of whichever group has a name.
    pub fn of_name(name: &str) -> Self {
        Self { by: NAME.to_owned(), group: name.to_owned() }
    }

    /// As the contract says it; none where a link says something else.
    pub fn ruled(&self) -> Option<RuledGroup> {
        let group = self.group.clone();
        let by = match self.by.as_str() {
            ID => By::GroupId(group),
            NAME => By::DisplayName(group),
            _ => return None,
        };
        Some(RuledGroup { by: Some(by) })
    }

    /// As the query of a link.
    pub fn query(&self) -> String {
        format!("by={}&group={}", escaped(&self.by), escaped(&self.group))
    }

    /// Whether it is about one group, however that is called.
    pub fn is_of_one(&self) -> bool {
        self.by == ID
    }

    /// Whether both mean the same rule. Names are compared without case and in one form of Unicode, as the core does.
    pub fn is(&self, other: &Self) -> bool {
        let folded = |it: &Self| it.group.trim().to_lowercase().nfc().collect::<String>();
        let [own, others] = [self, other].map(folded);
        self.by == other.by && own == others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_meant_by_id_or_by_name_in_any_case() {
        let address = |by: &str, group: &str| RuleAddress { by: by.into(), group: group.into() };
        let named = address("name", "Site Admins");
        assert!(named.is(&address("name", " site ADMINS ")));
        assert!(address("name", "\u{c9}l\u{e8}ves").is(&address("name", "E\u{301}le\u{300}ves")));
        assert!(!named.is(&address("id", "Site Admins")) && !named.is(&address("name", "Admins")));
        for known in [named, RuleAddress::of_id("018f3b1e-9f3a-7c3b-8f1e-1f0a6f3c2b1d")] {
            assert_eq!(RuleAddress::of(known.ruled().unwrap()), Some(known));
        }
        assert_eq!(address("somehow", "x").ruled(), None);
        assert_eq!(address("name", "a b&c").query(), "by=name&group=a%20b%26c");
    }
}
