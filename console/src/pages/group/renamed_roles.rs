//! The roles that a group would lose and gain by another name, in words.
//!
//! Which those are, and whom that moves, the core says.

use provost_proto::v1::{RenamedGroupRoles, Role};

/// In sentences that each begin with a space; none where it would give what it gives.
pub fn told(roles: Option<RenamedGroupRoles>) -> String {
    let Some(roles) = roles else { return String::new() };
    let lost = word(roles.lost()).map(|role| {
        format!(" It gives {role} by the rule for its name, and with this one no longer.")
    });
    let gained = word(roles.gained())
        .map(|role| format!(" By the rule for this name it gives {role} from then on."));
    lost.into_iter().chain(gained).collect()
}

/// Whether it would give other roles than it gives.
pub fn moves(roles: RenamedGroupRoles) -> bool {
    [roles.lost(), roles.gained()].into_iter().any(|role| role != Role::Unspecified)
}

fn word(role: Role) -> Option<&'static str> {
    (role != Role::Unspecified).then(|| role.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_is_told_before_what_comes() {
        use Role::{Admin, Moderator, Unspecified};
        let told = |lost: Role, gained: Role| {
            let (lost, gained) = (lost.into(), gained.into());
            super::told(Some(RenamedGroupRoles { lost, gained }))
        };
        let lost = " It gives Moderator by the rule for its name, and with this one no longer.";
        let gained = " By the rule for this name it gives Admin from then on.";
        assert_eq!(told(Moderator, Unspecified), lost);
        assert_eq!(told(Unspecified, Admin), gained);
        assert_eq!(told(Moderator, Admin), format!("{lost}{gained}"));
        assert_eq!(told(Unspecified, Unspecified), "");
        assert_eq!(super::told(None), "");
    }
}
