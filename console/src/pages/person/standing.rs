//! Whether an account is active, and why, in words.
//!
//! The core has decided it; must never decide it again.

use provost_proto::v1::{DirectoryStatus, Hold, User};

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

#[cfg(test)]
mod tests {
    use super::*;

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
