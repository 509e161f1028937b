//! Whose turn it is: every site has its share, every user an order, and nothing is lost.

use super::*;
use proptest::prelude::*;
use provost_domain::{
    Action, Caller, Change, Command, DirectoryStatus, GroupAction, GroupChange, GroupId, Notice,
    Reason, UserId, UserName,
};
use uuid::Uuid;

/// Something that waits: a number, and whose turn it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Numbered(u32, Turn);

impl AsRef<Turn> for Numbered {
    fn as_ref(&self) -> &Turn {
        &self.1
    }
}

/// Changes of a user of a site: so many that say little, or those that are given.
fn turn(site: i64, user: u128, changes: Vec<Change>) -> Turn {
    let action = Action::ChangeUser { user: UserId(Uuid::from_u128(user)), changes };
    turn_of(site, action)
}

fn turn_of(site: i64, action: Action) -> Turn {
    let command = Command {
        on_behalf_of: None,
        site: Some(SiteId(site)),
        caller: Caller::Operator,
        token: None,
        action,
        expected_version: None,
        request: None,
        validate_only: false,
        reason: None,
        trace_id: None,
    };
    command.turn()
}

fn words(count: usize) -> Vec<Change> {
    let said = Notice {
        reason: Reason::AttributeNotKept,
        attribute: String::new(),
        message: String::new(),
        metadata: Vec::new(),
    };
    vec![Change::Ignored(said); count]
}

fn deactivation() -> Vec<Change> {
    vec![Change::SetDirectoryStatus(DirectoryStatus::Inactive)]
}

fn push(queue: &mut Queue<Numbered>, items: impl IntoIterator<Item = Numbered>) {
    for item in items {
        queue.push(item, |_| true).unwrap();
    }
}

fn numbers(items: &[Numbered]) -> Vec<u32> {
    items.iter().map(|item| item.0).collect()
}

#[test]
fn what_waits_of_one_site_is_one_group_in_order() {
    let mut queue = Queue::default();
    push(&mut queue, (0..300).map(|n| Numbered(n, turn(1, 1, words(1)))));
    assert_eq!(numbers(&queue.take()), (0..256).collect::<Vec<_>>());
    assert_eq!(numbers(&queue.take()), (256..300).collect::<Vec<_>>());
    assert!(queue.take().is_empty() && queue.flows.is_empty());
}

#[test]
fn a_site_with_a_thousand_that_wait_does_not_hold_up_another() {
    let mut queue = Queue::default();
    push(&mut queue, (0..1_000).map(|n| Numbered(n, turn(1, 1, words(500)))));
    push(&mut queue, [Numbered(9_999, turn(2, 1, words(1)))]);
    assert!(numbers(&queue.take()).contains(&9_999));
}

#[test]
fn a_group_ends_where_it_gets_too_costly_but_is_never_empty() {
    let mut queue = Queue::default();
    let costly = usize::try_from(LARGEST_COST).unwrap();
    push(&mut queue, (0..3).map(|n| Numbered(n, turn(1, 1, words(costly)))));
    for n in 0..3 {
        assert_eq!(numbers(&queue.take()), [n]);
    }
}

#[test]
fn what_takes_a_whole_group_of_users_is_alone_and_others_come_first() {
    let group = GroupId(Uuid::from_u128(60));
    let changes = vec![GroupChange::ReplaceMembers(Vec::new())];
    let emptying = turn_of(1, Action::Group(GroupAction::Change { group, changes }));
    let mut queue = Queue::default();
    push(&mut queue, [Numbered(0, emptying), Numbered(1, turn(1, 1, words(1)))]);
    push(&mut queue, [Numbered(2, turn(2, 1, words(1)))]);
    assert_eq!(numbers(&queue.take()), [2]);
    assert_eq!(numbers(&queue.take()), [0]);
    assert_eq!(numbers(&queue.take()), [1]);
}

#[test]
fn what_cost_more_than_it_seemed_to_lets_others_come_first() {
    let mut queue = Queue::default();
    push(&mut queue, (0..100).map(|n| Numbered(n, turn(1, 1, words(1)))));
    push(&mut queue, [Numbered(9_999, turn(2, 1, words(1)))]);
    let mut group = queue.take();
    assert_eq!(group.len(), 101);
    // The first one cost as much as a whole group.
    queue.put_back(group.split_off(1));
    queue.learn(&BTreeMap::from([(Some(SiteId(1)), LARGEST_COST)]));
    assert_eq!(numbers(&queue.take()), [9_999]);
    assert_eq!(numbers(&queue.take()), [1]);
    // It no longer does.
    for _ in 0..20 {
        queue.learn(&BTreeMap::from([(Some(SiteId(1)), 0)]));
    }
    assert_eq!(queue.take().len(), 98);
}

#[test]
fn what_is_taken_back_is_paid_for_once() {
    let mut queue = Queue::default();
    push(&mut queue, (0..1_000).map(|n| Numbered(n, turn(1, 1, words(1)))));
    push(&mut queue, (1_000..2_000).map(|n| Numbered(n, turn(2, 1, words(1)))));
    let credit = |queue: &Queue<Numbered>| queue.flows[&Some(SiteId(1))].credit;
    let (of_one, of_two): (Vec<_>, Vec<_>) =
        queue.take().into_iter().partition(|item| item.1.site == Some(SiteId(1)));
    assert!(!of_one.is_empty());
    let (left, paid) = (credit(&queue), of_one.iter().map(|item| item.1.cost()).sum::<u64>());
    queue.put_back(of_two);
    assert_eq!(credit(&queue), left, "of another site");
    queue.put_back(of_one);
    assert_eq!(credit(&queue), left + paid);
}

#[test]
fn a_deactivation_overtakes_what_is_about_others_only() {
    let mut queue = Queue::default();
    push(&mut queue, [Numbered(0, turn(1, 7, words(1)))]);
    push(&mut queue, (1..50).map(|n| Numbered(n, turn(1, 1, words(1)))));
    push(&mut queue, [Numbered(50, turn(1, 7, deactivation()))]);
    push(&mut queue, [Numbered(51, turn(1, 8, deactivation()))]);
    push(&mut queue, [Numbered(52, turn(1, 7, words(1)))]);
    let expected: Vec<u32> = [0, 50, 51].into_iter().chain(1..50).chain([52]).collect();
    assert_eq!(numbers(&queue.take()), expected);
}

/// Whoever is found otherwise than by id may be anybody, and settings are about everybody.
#[test]
fn a_deactivation_overtakes_nothing_that_may_be_about_its_user() {
    let name = UserName::parse("ada").unwrap();
    let creation = provost_domain::Creation { user_name: name.clone(), changes: Vec::new() };
    let sign_in = provost_domain::SignIn {
        user_name: name,
        subject: None,
        profile: provost_domain::Profile::default(),
    };
    let admin = turn(1, 1, vec![Change::SetRole(provost_domain::Role::Admin)]);
    let settings = Action::UpdateSettings(provost_domain::SettingsChange::default());
    for earlier in [
        turn_of(1, Action::CreateUser(creation)),
        turn_of(1, Action::RegisterSignIn(sign_in)),
        turn_of(1, settings),
        admin,
    ] {
        let mut queue = Queue::default();
        push(&mut queue, [Numbered(0, earlier), Numbered(1, turn(1, 7, deactivation()))]);
        assert_eq!(numbers(&queue.take()), [0, 1], "{earlier:?}");
    }
}

#[test]
fn a_site_has_room_for_so_much_and_others_have_theirs() {
    let mut queue = Queue::default();
    let most = u32::try_from(MOST_WAITING).unwrap();
    push(&mut queue, (0..most).map(|n| Numbered(n, turn(1, 1, words(1)))));
    let one_more = || Numbered(most, turn(1, 1, words(1)));
    assert_eq!(queue.push(one_more(), |_| true), Err(NotQueued::Full));
    assert_eq!(queue.push(Numbered(0, turn(2, 1, words(1))), |_| true), Ok(()));
    // Of those nobody waits for any more there is always enough room.
    assert_eq!(queue.push(one_more(), |other| other.0 != 3), Ok(()));
    assert_eq!(queue.push(one_more(), |_| true), Err(NotQueued::Full));
    let large = || Numbered(0, turn(3, 1, words(600_000)));
    push(&mut queue, [large()]);
    assert_eq!(queue.push(large(), |_| true), Err(NotQueued::Full));
    queue.close();
    assert_eq!(queue.push(Numbered(0, turn(4, 1, words(1))), |_| true), Err(NotQueued::Closed));
}

prop_compose! {
    fn any_turn()(
        site in 1..4_i64,
        user in 1..4_u128,
        changes in prop_oneof![
            3 => (1..2_000_usize).prop_map(words),
            1 => Just(deactivation()),
        ],
    ) -> Turn {
        turn(site, user, changes)
    }
}

#[derive(Debug, Clone)]
enum Step {
    Push(Turn),
    /// Takes a group, of which only so many are decided.
    Take(usize, u64),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any_turn().prop_map(Step::Push),
        1 => (1..40_usize, 0..2 * LARGEST_COST).prop_map(|(most, cost)| Step::Take(most, cost)),
    ]
}

proptest! {
    #[test]
    fn nothing_is_lost_and_users_keep_their_order(
        steps in proptest::collection::vec(any_step(), 0..120),
    ) {
        let mut queue = Queue::default();
        let (mut pushed, mut decided) = (Vec::new(), Vec::new());
        for (number, step) in (0..).zip(steps) {
            match step {
                Step::Push(turn) => {
                    let item = Numbered(number, turn);
                    prop_assert_eq!(queue.push(item.clone(), |_| true), Ok(()));
                    pushed.push(item);
                }
                Step::Take(most, surplus) => {
                    let mut group = queue.take();
                    let site = group.first().map(|first| first.1.site);
                    let rest = group.split_off(most.min(group.len()));
                    decided.extend(group);
                    queue.put_back(rest);
                    queue.learn(&site.map(|site| (site, surplus)).into_iter().collect());
                }
            }
        }
        loop {
            let group = queue.take();
            if group.is_empty() {
                break;
            }
            prop_assert!(group.len() <= LARGEST_GROUP);
            decided.extend(group);
        }
        prop_assert!(queue.flows.is_empty() && queue.ring.is_empty());
        let mut sorted = decided.clone();
        sorted.sort_by_key(|item| item.0);
        prop_assert_eq!(sorted, pushed);
        for (at, later) in decided.iter().enumerate() {
            for earlier in decided[..at].iter().filter(|earlier| earlier.0 > later.0) {
                let same_site = earlier.1.site == later.1.site;
                prop_assert!(!same_site || earlier.1.may_overtake(&later.1));
            }
        }
    }

    /// However much others want, a small command is in one of the next groups.
    #[test]
    fn a_small_command_waits_for_a_few_groups_at_most(
        others in proptest::collection::vec(any_turn(), 0..300),
        surplus in 0..2 * LARGEST_COST,
    ) {
        let mut queue = Queue::default();
        push(&mut queue, others.into_iter().map(|turn| Numbered(0, turn)));
        let sites = (1..4).map(|site| (Some(SiteId(site)), surplus));
        queue.learn(&sites.collect());
        push(&mut queue, [Numbered(1, turn(9, 1, words(1)))]);
        let groups = (0..3).map(|_| queue.take());
        prop_assert!(groups.flatten().any(|item| item.0 == 1));
    }
}
