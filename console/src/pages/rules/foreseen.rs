//! Whom a rule would move, in words: how many there are in all, and the first by name.

use provost_proto::v1::{ErrorReason, ForeseenMove, ForeseenMoveCount, GroupRulePreview, Role};

use crate::failure::sentence;

/// How many are named.
const NAMED: usize = 25;

/// What would become of the members of a group.
pub struct PreviewedMoves {
    /// How many members there are, and of how many of them something would become.
    pub lead: String,
    /// How many fare alike, and how; together they are all.
    pub counts: Vec<String>,
    /// Whether some are refused a step.
    pub has_refusals: bool,
    /// The first of them.
    pub moves: Vec<MoveLine>,
    /// How many there are besides those.
    pub unnamed: i64,
}

/// What would become of one of them.
pub struct MoveLine {
    pub user_id: String,
    pub user_name: String,
    pub from: &'static str,
    pub to: &'static str,
    /// Why nothing else; empty where nothing is refused.
    pub refusal: String,
}

impl PreviewedMoves {
    /// If a rule were set or deleted, or its group had another name.
    pub fn asked(preview: GroupRulePreview) -> Self {
        Self::told(preview, |members, all| match (members, all) {
            // A core that does not count members says the same of a group that has some.
            (0, _) => "By that, nobody would be moved.".to_owned(),
            (_, 0) => format!("It has {}, of whom nobody would be moved.", of(members)),
            (members, all) if members == all => {
                format!("It has {}. This would become of them:", of(members))
            }
            (members, all) => {
                format!("It has {}. This would become of {all} of them:", of(members))
            }
        })
    }

    /// By a rule that is in force: who has not the role that follows.
    pub fn standing(preview: GroupRulePreview, is_under_way: bool) -> Self {
        Self::told(preview, |members, all| match (members, all) {
            // As above.
            (0, _) => "Nobody in the group is without the role that follows.".to_owned(),
            (1, 0) => "Its one member has the role that follows.".to_owned(),
            (_, 0) => format!("All of its {} have the role that follows.", of(members)),
            (members, all) => {
                let others = if is_under_way {
                    "The others are still to follow, or are refused a step:"
                } else {
                    "This would become of the others if the rule were applied once more:"
                };
                let has = if members - all == 1 { "has" } else { "have" };
                let number = members - all;
                format!("{number} of its {} {has} the role that follows. {others}", of(members))
            }
        })
    }

    fn told(preview: GroupRulePreview, lead: impl FnOnce(i64, i64) -> String) -> Self {
        let GroupRulePreview { moved, refused, moves, members, counts } = preview;
        let all: i64 = counts.iter().map(|count| count.users).sum();
        let moves: Vec<_> = moves.into_iter().take(NAMED).map(MoveLine::of).collect();
        let named = i64::try_from(moves.len()).unwrap_or(i64::MAX);
        let is_uncounted = members == 0 && counts.is_empty() && moved + refused > 0;
        Self {
            lead: if is_uncounted { uncounted(moved, refused) } else { lead(members, all) },
            counts: counts.iter().map(alike).collect(),
            has_refusals: refused > 0,
            unnamed: all.saturating_sub(named).max(0),
            moves,
        }
    }
}

impl MoveLine {
    fn of(foreseen: ForeseenMove) -> Self {
        let [from, to] = [foreseen.from(), foreseen.to()].map(Role::into);
        let ForeseenMove { user_id, user_name, from: _, to: _, refusal } = foreseen;
        let refusal = if refusal.is_empty() { refusal } else { sentence(&refusal) };
        Self { user_id, user_name, from, to, refusal }
    }
}

/// By a core that is older than the console: it counts nobody but those, and whoever is moved and refused a further
/// step twice.
fn uncounted(moved: i64, refused: i64) -> String {
    format!(
        "How many members there are is not known, because the core is older than this console. {moved} would have \
         another role, and {refused} would be refused a step. The first of them:"
    )
}

fn of(members: i64) -> String {
    if members == 1 { "1 member".to_owned() } else { format!("{members} members") }
}

/// How many fare alike, and how.
fn alike(count: &ForeseenMoveCount) -> String {
    let (users, reason) = (count.users, count.reason());
    let [from, to]: [&str; 2] = [count.from(), count.to()].map(Role::into);
    match (from == to, reason) {
        (_, ErrorReason::Unspecified) => format!("{users} from {from} to {to}."),
        (false, reason) => {
            format!("{users} from {from} to {to} and no further: {}.", because(reason))
        }
        (true, reason) => {
            let stay = if users == 1 { "stays" } else { "stay" };
            format!("{users} {stay} {from}: {}.", because(reason))
        }
    }
}

/// Why a step is refused to several.
fn because(reason: ErrorReason) -> &'static str {
    match reason {
        ErrorReason::ModeratorPromotionClosed => "moves to and from Moderator are not allowed here",
        ErrorReason::AdminPromotionClosed => "moves to and from Admin are not allowed here",
        ErrorReason::UserProtected => "the accounts are protected",
        // Of a newer core.
        other => other.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(from: Role, to: Role, reason: ErrorReason, users: i64) -> ForeseenMoveCount {
        let (from, to, reason) = (from.into(), to.into(), reason.into());
        ForeseenMoveCount { from, to, reason, users }
    }

    fn preview(members: i64, counts: Vec<ForeseenMoveCount>) -> GroupRulePreview {
        let all = counts.iter().map(|count| count.users).sum::<i64>();
        let one = ForeseenMove { refusal: "no".to_owned(), ..ForeseenMove::default() };
        let moves = vec![one; usize::try_from(all).unwrap().min(100)];
        GroupRulePreview { members, counts, moves, ..GroupRulePreview::default() }
    }

    #[test]
    fn all_are_counted_and_some_are_named() {
        use ErrorReason::{AdminPromotionClosed, Unspecified, UserProtected};
        use Role::{Admin, Moderator, Registered};
        let counts = vec![
            count(Registered, Registered, UserProtected, 2),
            count(Registered, Moderator, AdminPromotionClosed, 3),
            count(Registered, Moderator, Unspecified, 2990),
        ];
        let told = PreviewedMoves::asked(preview(3000, counts.clone()));
        assert_eq!(told.lead, "It has 3000 members. This would become of 2995 of them:");
        let expected = [
            "2 stay Registered: the accounts are protected.",
            "3 from Registered to Moderator and no further: moves to and from Admin are not allowed here.",
            "2990 from Registered to Moderator.",
        ];
        assert_eq!(told.counts, expected);
        assert_eq!((told.moves.len(), told.unnamed, &*told.moves[0].refusal), (25, 2970, "No."));
        let standing = PreviewedMoves::standing(preview(3000, counts), true).lead;
        assert!(
            standing.starts_with("5 of its 3000 members have the role that follows. The others")
        );
        let few = PreviewedMoves::asked(preview(1, vec![count(Admin, Registered, Unspecified, 1)]));
        assert_eq!((&*few.lead, few.unnamed), ("It has 1 member. This would become of them:", 0));
        for (members, lead) in [
            (0, "By that, nobody would be moved."),
            (7, "It has 7 members, of whom nobody would be moved."),
        ] {
            assert_eq!(PreviewedMoves::asked(preview(members, Vec::new())).lead, lead);
        }
        for (members, lead) in [
            (0, "Nobody in the group is without the role that follows."),
            (1, "Its one member has the role that follows."),
            (7, "All of its 7 members have the role that follows."),
        ] {
            assert_eq!(PreviewedMoves::standing(preview(members, Vec::new()), false).lead, lead);
        }
    }

    #[test]
    fn whom_an_older_core_moves_is_not_taken_for_nobody() {
        let moved = |moved, refused| GroupRulePreview {
            moved,
            refused,
            ..preview(0, vec![count(Role::Registered, Role::Admin, ErrorReason::Unspecified, 3)])
        };
        let old =
            |number, refused| GroupRulePreview { counts: Vec::new(), ..moved(number, refused) };
        for told in [
            PreviewedMoves::asked(old(3, 1)),
            PreviewedMoves::standing(old(3, 1), true),
            PreviewedMoves::standing(old(3, 1), false),
        ] {
            assert!(
                told.lead.starts_with("How many members there are is not known"),
                "{}",
                told.lead
            );
            assert!(
                told.lead.contains("3 would have another role, and 1 would be refused a step.")
            );
            assert_eq!((told.moves.len(), told.unnamed, told.has_refusals), (3, 0, true));
        }
        assert!(PreviewedMoves::asked(old(0, 2)).lead.contains("2 would be refused a step."));
    }
}
