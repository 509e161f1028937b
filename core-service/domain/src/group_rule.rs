//! Rules from groups to roles: whoever is a member of a group has a role. Must never know who is in which
//! group.

use super::role::admit_step;
use super::{
    ConnectionPolicy, GroupId, GroupName, MetadataKey, Reason, Refusal, Role, SiteId, Timestamp,
    User, UserId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The most rules of a site: they are read with it.
pub(super) const MAX_GROUP_RULES: usize = 100;

/// Which group a rule is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuledGroup {
    /// The one of this id.
    Id(GroupId),
    /// Whichever has this name, compared without case.
    Name(GroupName),
}

impl RuledGroup {
    /// Whether both are the same.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Id(one), Self::Id(other)) => one == other,
            (Self::Name(one), Self::Name(other)) => one.key() == other.key(),
            (Self::Id(_), Self::Name(_)) | (Self::Name(_), Self::Id(_)) => false,
        }
    }

    /// Whether a group of this id and name is meant.
    pub fn means(&self, id: GroupId, name: &GroupName) -> bool {
        match self {
            Self::Id(meant) => *meant == id,
            Self::Name(meant) => meant.key() == name.key(),
        }
    }
}

/// That members of a group have a role. Sites keep it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRule {
    /// Of which group.
    pub group: RuledGroup,
    /// Which role.
    pub role: Role,
    /// Grows by one with every change; 1 for a new one.
    pub version: i64,
    /// When that was.
    pub updated_at: Timestamp,
}

/// What another name of a group would do to the roles that it gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenamedRoles {
    /// The highest that it gives by its name, and would give no longer.
    pub lost: Option<Role>,
    /// The highest that it would give by the other name, and does not give now.
    pub gained: Option<Role>,
    /// What the rules would say of it, by its id, and of all others.
    pub given: Vec<(RuledGroup, Role)>,
}

/// The rules of a site, one for each group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupRules(Vec<GroupRule>);

impl GroupRules {
    /// Whether there is none, as in most sites.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in the order in which they were made.
    pub fn list(&self) -> &[GroupRule] {
        &self.0
    }

    /// The one about a group.
    pub fn about(&self, group: &RuledGroup) -> Option<&GroupRule> {
        self.0.iter().find(|rule| rule.group.is(group))
    }

    /// The roles that a group of this id and name gives.
    pub(super) fn roles(&self, id: GroupId, name: &GroupName) -> BTreeSet<Role> {
        let meaning = self.0.iter().filter(|rule| rule.group.means(id, name));
        meaning.map(|rule| rule.role).collect()
    }

    /// With a rule in the place of the one about the same group.
    pub(super) fn with(&self, rule: GroupRule) -> Result<Self, Refusal> {
        let mut rules = self.0.clone();
        match rules.iter().position(|known| known.group.is(&rule.group)) {
            Some(known) => rules[known] = rule,
            None if rules.len() == MAX_GROUP_RULES => return Err(too_many_rules()),
            None => rules.push(rule),
        }
        Ok(Self(rules))
    }

    /// What they would say if a group gave this role, or none any more.
    pub fn changed(&self, group: &RuledGroup, role: Option<Role>) -> Vec<(RuledGroup, Role)> {
        let others = self.0.iter().filter(|rule| !rule.group.is(group));
        let others = others.map(|rule| (rule.group.clone(), rule.role));
        others.chain(role.map(|role| (group.clone(), role))).collect()
    }

    /// What another name would do to the roles that the group of this id gives. None where it would give the same.
    pub fn renamed(
        &self,
        id: GroupId,
        before: &GroupName,
        after: &GroupName,
    ) -> Option<RenamedRoles> {
        let (gives, would_give) = (self.roles(id, before), self.roles(id, after));
        if gives == would_give {
            return None;
        }
        let of = |rule: &GroupRule| {
            let group = match &rule.group {
                RuledGroup::Name(name) if name.key() == after.key() => RuledGroup::Id(id),
                RuledGroup::Name(name) if name.key() == before.key() => return None,
                group => group.clone(),
            };
            Some((group, rule.role))
        };
        Some(RenamedRoles {
            lost: gives.difference(&would_give).max().copied(),
            gained: would_give.difference(&gives).max().copied(),
            given: self.0.iter().filter_map(of).collect(),
        })
    }

    /// Without the rule about a group.
    pub(super) fn without(&self, group: &RuledGroup) -> Self {
        Self(self.0.iter().filter(|rule| !rule.group.is(group)).cloned().collect())
    }
}

fn too_many_rules() -> Refusal {
    let message = format!(
        "the site has {MAX_GROUP_RULES} rules for groups, and no more are possible; delete others first"
    );
    let refusal = Refusal::about(Reason::LimitExceeded, "group", message);
    refusal.naming(MetadataKey::Limit, &MAX_GROUP_RULES)
}

/// What is told of a rule that there is not.
pub(super) fn unknown_rule() -> Refusal {
    let message = "no rule of this site is about this group; list the rules to see which there are";
    Refusal::new(Reason::GroupNotFound, message)
}

/// The role in which somebody ends up who has these from different sources, and which of them the switches
/// did not admit. Everybody is at least Registered.
pub(super) fn directory_role(
    from: Role,
    sources: &BTreeSet<Role>,
    policy: &ConnectionPolicy,
) -> (Role, Vec<(Role, Refusal)>) {
    let mut refused = Vec::new();
    let floor = (!sources.contains(&Role::Registered)).then_some(Role::Registered);
    for role in sources.iter().rev().copied().chain(floor) {
        match admit_step(from, role, policy) {
            Ok(()) => return (role, refused),
            Err(refusal) => refused.push((role, refusal)),
        }
    }
    (from, refused)
}

/// What would become of the role of a user whose groups give these roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeseenRole {
    /// The role in the end.
    pub role: Role,
    /// Why it is not a higher one, or the user keeps one that nothing gives any more.
    pub refusal: Option<Refusal>,
}

/// What would become of the role of a user, as far as that does not turn on others.
pub fn foresee_role(
    user: &User,
    given: &BTreeSet<Role>,
    policy: &ConnectionPolicy,
) -> ForeseenRole {
    let mut sources = given.clone();
    sources.insert(user.base_role());
    let (role, refused) = directory_role(user.role, &sources, policy);
    let refusal = refused.into_iter().next().map(|(_, refusal)| refusal);
    if role != user.role && policy.protects(&user.user_name.key()) {
        let refusal = super::protection(&user.user_name);
        return ForeseenRole { role: user.role, refusal: Some(refusal) };
    }
    ForeseenRole { role, refusal }
}

/// Which users a run of rules goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStage {
    /// Those whose role comes from groups, or has come: somebody may have left one.
    Raised,
    /// The members of the group.
    Members,
}

/// How far a run has come: behind a user of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunPlace {
    /// The stage.
    pub stage: RunStage,
    /// The last user of it who is done; the nil id before the first one.
    pub after: UserId,
}

impl RunPlace {
    /// The beginning of a stage.
    pub const fn beginning(stage: RunStage) -> Self {
        Self { stage, after: UserId(Uuid::nil()) }
    }

    /// Before anybody is done.
    pub const START: Self = Self::beginning(RunStage::Raised);
}

/// That the roles of whoever is, or was, in a group are to follow from rules, a few users at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRun {
    /// The site.
    pub site: SiteId,
    /// The group, which may be gone.
    pub group: GroupId,
    /// How far it is.
    pub place: RunPlace,
    /// How many users are done.
    pub done: i64,
    /// Since when.
    pub started_at: Timestamp,
    /// The trace in which it was asked for.
    pub trace_id: Option<String>,
}

/// The next users of a run, as they were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunStep {
    /// The group of the run.
    pub group: GroupId,
    /// Since when the run was under way for which they were looked for. Nothing is done if it began anew.
    pub started_at: Timestamp,
    /// Where they were looked for. Nothing is done if the run is elsewhere meanwhile.
    pub from: RunPlace,
    /// Who.
    pub users: Vec<UserId>,
    /// Where the run goes on; nowhere when it is over.
    pub next: Option<RunPlace>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> RuledGroup {
        RuledGroup::Name(GroupName::parse(text).unwrap())
    }

    fn rule(group: RuledGroup, role: Role) -> GroupRule {
        GroupRule { group, role, version: 1, updated_at: Timestamp(1) }
    }

    #[test]
    fn a_group_has_one_rule_by_its_id_and_one_by_its_name() {
        let id = GroupId(Uuid::from_u128(1));
        let rules = GroupRules::default();
        let rules = rules.with(rule(name("Admins"), Role::Moderator)).unwrap();
        let rules = rules.with(rule(name("ADMINS "), Role::Admin)).unwrap();
        let rules = rules.with(rule(RuledGroup::Id(id), Role::Moderator)).unwrap();
        assert_eq!(rules.list().len(), 2);
        let called = GroupName::parse("admins").unwrap();
        assert_eq!(rules.roles(id, &called), [Role::Moderator, Role::Admin].into());
        let rules = rules.without(&name("aDMINS"));
        assert!(rules.about(&name("Admins")).is_none() && rules.roles(id, &called).len() == 1);
    }

    #[test]
    fn another_name_takes_the_rule_for_the_one_and_brings_that_for_the_other() {
        use Role::{Admin, Moderator};
        let (id, other) = (GroupId(Uuid::from_u128(1)), GroupId(Uuid::from_u128(2)));
        let called = |text| GroupName::parse(text).unwrap();
        let rules = GroupRules::default();
        let rules = rules.with(rule(name("Admins"), Admin)).unwrap();
        let rules = rules.with(rule(name("Guides"), Moderator)).unwrap();
        let rules = rules.with(rule(RuledGroup::Id(other), Admin)).unwrap();
        let renamed = |from, to| rules.renamed(id, &called(from), &called(to));
        let others = (RuledGroup::Id(other), Admin);
        let by_id = |role| (RuledGroup::Id(id), role);
        let guides = (name("Guides"), Moderator);
        for (from, to, lost, gained, given) in [
            (
                "Pilots",
                "ADMINS",
                None,
                Some(Admin),
                vec![by_id(Admin), guides.clone(), others.clone()],
            ),
            ("admins", "Pilots", Some(Admin), None, vec![guides, others.clone()]),
            ("Admins", "guides", Some(Admin), Some(Moderator), vec![by_id(Moderator), others]),
        ] {
            let expected = RenamedRoles { lost, gained, given };
            assert_eq!(renamed(from, to), Some(expected), "{from} {to}");
        }
        for (from, to) in [("Pilots", "Crew"), ("Admins", "ADMINS")] {
            assert_eq!(renamed(from, to), None, "{from} {to}");
        }
        // What it gives by its id it gives by any name.
        let twice = rules.with(rule(RuledGroup::Id(id), Admin)).unwrap();
        assert_eq!(twice.renamed(id, &called("Pilots"), &called("Admins")), None);
        let both = twice.renamed(id, &called("Guides"), &called("Admins")).unwrap();
        assert_eq!((both.lost, both.gained), (Some(Moderator), None));
    }

    #[test]
    fn a_site_has_a_hundred_rules_at_most() {
        let mut rules = GroupRules::default();
        for number in 0..MAX_GROUP_RULES {
            rules = rules.with(rule(name(&format!("g{number}")), Role::Admin)).unwrap();
        }
        assert!(rules.with(rule(name("g7"), Role::Moderator)).is_ok());
        let refusal = rules.with(rule(name("more"), Role::Admin)).unwrap_err();
        assert_eq!(refusal.reason, Reason::LimitExceeded);
    }

    #[test]
    fn the_highest_source_counts_that_the_switches_admit() {
        use Role::{Admin, Moderator, Registered};
        let open = |moderator, admin| ConnectionPolicy {
            allow_moderator_promotion: moderator,
            allow_admin_promotion: admin,
            ..ConnectionPolicy::default()
        };
        for (from, sources, switches, to, refused) in [
            (Registered, &[Moderator, Admin][..], (true, true), Admin, 0),
            (Registered, &[Moderator, Admin], (true, false), Moderator, 1),
            (Registered, &[Moderator, Admin], (false, false), Registered, 2),
            // Left in any case, but not entered.
            (Admin, &[Moderator], (false, true), Registered, 1),
            (Admin, &[Registered], (true, false), Admin, 1),
            // What is in force already is no step.
            (Admin, &[Admin], (false, false), Admin, 0),
            (Moderator, &[Registered, Moderator, Admin], (false, false), Moderator, 1),
        ] {
            let sources = sources.iter().copied().collect();
            let (role, refusals) = directory_role(from, &sources, &open(switches.0, switches.1));
            assert_eq!((role, refusals.len()), (to, refused), "{from:?} {sources:?} {switches:?}");
        }
    }
}
