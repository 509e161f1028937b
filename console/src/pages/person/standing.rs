//! Whether an account is active, which role it has, and why, in words.
//!
//! The core has decided it; must never decide it again.

use provost_proto::v1::{DirectoryStatus, GroupRule, Hold, Role, User};

use crate::moment::Moment;

/// A hold, as pages show it.
pub struct HoldLine {
    pub name: String,
    pub owner: String,
    pub note: String,
    pub placed: Option<Moment>,
    pub expires: Option<Moment>,
}

impl HoldLine {
    /// Of a hold.
    pub fn of(hold: Hold) -> Self {
        let Hold { name, owner, note, create_time, expire_time } = hold;
        let [placed, expires] = [create_time, expire_time].map(|at| at.and_then(Moment::of));
        Self { name, owner: owner.replacen(':', " ", 1), note, placed, expires }
    }
}

/// What the directory says.
pub const fn directory(status: DirectoryStatus) -> &'static str {
    match status {
        DirectoryStatus::Active => "active",
        DirectoryStatus::Inactive => "inactive",
        DirectoryStatus::Deleted => "deleted",
        DirectoryStatus::Unspecified => "something that this console does not know",
    }
}

/// Whether somebody may enter, and why, in one sentence.
pub fn explained(user: &User) -> String {
    let said = directory(user.directory_status());
    let names: Vec<_> = user.holds.iter().map(|hold| hold.name.as_str()).collect();
    match (user.active, names.as_slice()) {
        (true, _) => "Active, because the directory says active and no hold stands.".to_owned(),
        (false, []) => {
            format!("Deactivated, because the directory says {said}. No hold stands.")
        }
        (false, names) => {
            let holds = match names {
                [one] => format!("the hold {one} stands"),
                several => format!("the holds {} stand", several.join(", ")),
            };
            let ending = match user.directory_status() {
                DirectoryStatus::Active => "although the directory says active",
                _ => "and the directory would not let the user in either",
            };
            format!("Deactivated, because {holds}, {ending}.")
        }
    }
}

/// How many groups are named in a sentence.
const NAMED_GROUPS: usize = 3;

/// What groups have to do with somebody's role; none where they have nothing to do with it.
pub fn role_source(user: &User, rules: &[GroupRule]) -> Option<String> {
    let given = user.groups.iter().flat_map(|group| {
        let about = rules.iter().filter(|rule| rule.current_group_id == group.group_id);
        about.map(|rule| (rule.role(), group.display_name.as_str()))
    });
    let given: Vec<_> = given.collect();
    let role = user.role();
    let highest = given.iter().map(|(role, _)| *role).max();
    let groups = |wanted: Role| {
        let mut names: Vec<_> = given.iter().filter(|(role, _)| *role == wanted).collect();
        names.dedup();
        let word = if names.len() == 1 { "the group" } else { "the groups" };
        let more = if names.len() > NAMED_GROUPS { " and more" } else { "" };
        let names: Vec<_> = names.iter().take(NAMED_GROUPS).map(|(_, name)| *name).collect();
        (word, format!("{}{more}", names.join(", ")))
    };
    let missed = highest.filter(|highest| *highest > role).map(|highest| {
        let (word, names) = groups(highest);
        let highest: &str = highest.into();
        format!("{highest}, by {word} {names}, is not in force: it follows, or the timeline says why not.")
    });
    if user.base_role() == Role::Unspecified {
        return missed;
    }
    let base: &str = user.base_role().into();
    let source = if given.iter().any(|(given, _)| *given == role) {
        let (word, names) = groups(role);
        format!("It is so by {word} {names}; without groups it would be {base}.")
    } else if user.has_more_groups {
        format!("It is so by a group; without groups it would be {base}.")
    } else {
        format!(
            "No group gives it now; without groups it would be {base}. It follows, or the timeline says why not."
        )
    };
    Some(match missed {
        Some(missed) => format!("{source} {missed}"),
        None => source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_proto::v1::UserGroup;

    #[test]
    fn a_role_by_groups_names_them() {
        use Role::{Admin, Moderator, Registered, Unspecified};
        let rule = |group: &str, role: Role| GroupRule {
            current_group_id: group.to_owned(),
            role: role.into(),
            ..GroupRule::default()
        };
        let rules =
            [rule("1", Moderator), rule("2", Moderator), rule("2", Moderator), rule("3", Admin)];
        let user = |role: Role, base: Role, groups: &[&str]| {
            let group = |id: &&str| UserGroup {
                group_id: (*id).to_owned(),
                display_name: format!("G{id}"),
            };
            let groups = groups.iter().map(group).collect();
            User { role: role.into(), base_role: base.into(), groups, ..User::default() }
        };
        for (user, expected) in [
            (user(Registered, Unspecified, &[]), None),
            (user(Registered, Unspecified, &["4"]), None),
            (user(Moderator, Unspecified, &["1"]), None),
            (
                user(Moderator, Registered, &["1", "4"]),
                Some("It is so by the group G1; without groups it would be Registered."),
            ),
            (
                user(Moderator, Registered, &["1", "2"]),
                Some("It is so by the groups G1, G2; without groups it would be Registered."),
            ),
            (
                user(Registered, Unspecified, &["3"]),
                Some(
                    "Admin, by the group G3, is not in force: it follows, or the timeline says why not.",
                ),
            ),
            (
                user(Moderator, Registered, &["1", "3"]),
                Some(
                    "It is so by the group G1; without groups it would be Registered. Admin, by the \
                     group G3, is not in force: it follows, or the timeline says why not.",
                ),
            ),
            (
                user(Admin, Registered, &["1"]),
                Some(
                    "No group gives it now; without groups it would be Registered. It follows, or the \
                     timeline says why not.",
                ),
            ),
        ] {
            assert_eq!(role_source(&user, &rules).as_deref(), expected, "{user:?}");
        }
    }

    #[test]
    fn both_facts_are_in_the_sentence() {
        let user = |active, status: DirectoryStatus, holds: &[&str]| {
            let hold = |name: &&str| Hold { name: (*name).to_owned(), ..Hold::default() };
            let holds = holds.iter().map(hold).collect();
            User { active, directory_status: status.into(), holds, ..User::default() }
        };
        let (active, inactive) = (DirectoryStatus::Active, DirectoryStatus::Inactive);
        for (user, expected) in [
            (
                user(true, active, &[]),
                "Active, because the directory says active and no hold stands.",
            ),
            (
                user(false, inactive, &[]),
                "Deactivated, because the directory says inactive. No hold stands.",
            ),
            (
                user(false, active, &["manual"]),
                "Deactivated, because the hold manual stands, although the directory says active.",
            ),
            (
                user(false, inactive, &["legal", "manual"]),
                "Deactivated, because the holds legal, manual stand, and the directory would not let \
                 the user in either.",
            ),
        ] {
            assert_eq!(explained(&user), expected);
        }
    }
}
