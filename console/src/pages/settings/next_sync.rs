//! What the next sync would do once other settings are in force, in sentences.

use provost_proto::v1::{ExpectedUser, NextSync, Role};

/// What would become of whom.
pub struct ExpectedSync {
    pub users: Vec<ExpectedLine>,
    /// How many more there are.
    pub unnamed: usize,
    /// Whether it may be more than were counted.
    pub is_incomplete: bool,
}

/// Somebody, and what would become of them.
pub struct ExpectedLine {
    pub id: String,
    pub user_name: String,
    pub sentence: String,
}

impl ExpectedSync {
    /// None where nobody could be told of.
    pub fn of(told: Option<NextSync>) -> Option<Self> {
        let NextSync { user_count, is_incomplete, users } = told?;
        let users: Vec<_> = users.into_iter().map(ExpectedLine::of).collect();
        let all = usize::try_from(user_count).unwrap_or_default();
        Some(Self { unnamed: all.saturating_sub(users.len()), users, is_incomplete })
    }
}

impl ExpectedLine {
    fn of(user: ExpectedUser) -> Self {
        let (before, after) = (user.role(), user.next_role());
        let (from, to): (&str, &str) = (before.into(), after.into());
        let role = match (user.is_role_changed, after) {
            (false, _) => None,
            (true, Role::Unspecified) => {
                Some(format!("another role than {from}, or the same: which was asked is not known"))
            }
            (true, _) => {
                let word = if after > before { "promoted" } else { "demoted" };
                Some(format!("{word} from {from} to {to}"))
            }
        };
        let status = user
            .next_active
            .map(|active| if active { "activated" } else { "deactivated" }.to_owned());
        let ExpectedUser { user_id: id, user_name, .. } = user;
        let parts: Vec<_> = role.into_iter().chain(status).collect();
        Self { id, user_name, sentence: parts.join(", and ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(before: Role, next: Option<Role>, next_active: Option<bool>) -> String {
        let user = ExpectedUser {
            role: before.into(),
            is_role_changed: next.is_some(),
            next_role: next.unwrap_or_default().into(),
            next_active,
            ..ExpectedUser::default()
        };
        ExpectedLine::of(user).sentence
    }

    #[test]
    fn it_is_told_in_words() {
        use Role::{Admin, Moderator, Registered, Unspecified};
        assert_eq!(sentence(Registered, Some(Admin), None), "promoted from Registered to Admin");
        assert_eq!(sentence(Admin, Some(Moderator), None), "demoted from Admin to Moderator");
        assert_eq!(sentence(Registered, None, Some(false)), "deactivated");
        let both = sentence(Registered, Some(Moderator), Some(true));
        assert_eq!(both, "promoted from Registered to Moderator, and activated");
        assert!(sentence(Moderator, Some(Unspecified), None).contains("is not known"));
    }

    #[test]
    fn those_who_are_not_named_are_counted() {
        let users = vec![ExpectedUser::default(); 20];
        let told = NextSync { user_count: 70, is_incomplete: true, users };
        let shown = ExpectedSync::of(Some(told)).unwrap();
        assert_eq!((shown.users.len(), shown.unnamed, shown.is_incomplete), (20, 50, true));
        assert!(ExpectedSync::of(None).is_none());
    }
}
