//! The roles that a group gives by its name, and would give by another one, as the rules say it.
//!
//! Whom that moves the core says; must never decide it.

use std::collections::BTreeSet;

use provost_proto::v1::Role;

use super::super::rule_line::{RuleAddress, RuleLine};

/// What another name takes from what a group gives, and brings to it.
#[derive(Debug, PartialEq, Eq)]
pub struct RenamedRoles {
    lost: Option<Role>,
    gained: Option<Role>,
    /// Whether it gives others than before.
    pub are_others: bool,
}

impl RenamedRoles {
    /// For the group of this id, by the rules of its site.
    pub fn of(rules: &[RuleLine], group_id: &str, name: &str) -> Self {
        let by_name = RuleAddress::of_name(name);
        let is_about = |rule: &&RuleLine| rule.group_id == group_id;
        let stays = |rule: &&RuleLine| rule.address.is_of_one() || rule.address.is(&by_name);
        let given = |rules: Vec<&RuleLine>| rules.iter().map(|rule| rule.given).collect();
        let (kept, left) = rules.iter().filter(is_about).partition::<Vec<_>, _>(stays);
        let comes = |rule: &&RuleLine| !is_about(rule) && rule.address.is(&by_name);
        let (kept, left): (BTreeSet<Role>, BTreeSet<Role>) = (given(kept), given(left));
        let come: BTreeSet<Role> = given(rules.iter().filter(comes).collect());
        Self {
            lost: left.last().copied(),
            gained: come.last().copied(),
            are_others: &kept | &left != &kept | &come,
        }
    }

    /// In sentences that each begin with a space; none where it gives what it gave.
    pub fn told(&self) -> String {
        let lost = self.lost.filter(|_| self.are_others).map(|role| {
            format!(
                " It gives {} by the rule for its name, and with this one no longer.",
                word(role)
            )
        });
        let gained = self.gained.filter(|_| self.are_others).map(|role| {
            format!(" By the rule for this name it gives {} from then on.", word(role))
        });
        lost.into_iter().chain(gained).collect()
    }
}

fn word(role: Role) -> &'static str {
    role.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_proto::v1::ruled_group::By;
    use provost_proto::v1::{GroupRule, RuledGroup};

    fn rule(by: By, given: Role, current: &str) -> RuleLine {
        let (group, role) = (Some(RuledGroup { by: Some(by) }), given.into());
        let current_group_id = current.to_owned();
        RuleLine::of(GroupRule { group, role, current_group_id, ..GroupRule::default() }).unwrap()
    }

    #[test]
    fn a_name_takes_its_rule_along_and_another_brings_its_own() {
        let named = |name: &str| By::DisplayName(name.to_owned());
        let rules = [
            rule(named("Guides"), Role::Moderator, "1"),
            rule(named("Admins"), Role::Admin, ""),
            rule(named("Crew"), Role::Moderator, ""),
            rule(By::GroupId("2".to_owned()), Role::Admin, "2"),
        ];
        let told = |id: &str, name: &str| RenamedRoles::of(&rules, id, name).told();
        let lost = " It gives Moderator by the rule for its name, and with this one no longer.";
        let gained = " By the rule for this name it gives Admin from then on.";
        assert_eq!(told("1", "Pilots"), lost);
        assert_eq!(told("1", "ADMINS "), format!("{lost}{gained}"));
        assert_eq!(told("3", "admins"), gained);
        // The same roles as before.
        for (id, name) in [("1", "GUIDES"), ("1", "Crew"), ("2", "Admins"), ("3", "Pilots")] {
            assert_eq!(told(id, name), "", "{id} {name}");
        }
    }
}
