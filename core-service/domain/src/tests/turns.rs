//! What may be decided before what waits longer, and what it seems to cost.

use super::court::*;
use crate::{
    AccessAction, Action, Caller, Change, Comparison, ConnectionChange, ConnectionName, Creation,
    ElementFilter, ElementPart, ElementTest, Filter, Grant, GrantScope, GroupAction, GroupChange,
    GroupCreation, GroupId, GroupName, ListOperation, Permission, Profile, Role, ServiceName,
    SessionAction, SessionId, SessionKind, SignIn, SiteName, TextOperator, TokenId, Turn,
    UNKNOWN_WORK, Value,
};

fn turn(action: Action) -> Turn {
    ask(&Caller::Operator, action).turn()
}

fn creating(changes: Vec<Change>) -> Action {
    Action::CreateUser(Creation { user_name: name("eve"), changes })
}

fn creating_site() -> Action {
    Action::CreateSite { name: SiteName::parse("acme").unwrap() }
}

/// Whoever loses access does so before somebody else's profile changes.
#[test]
fn what_cuts_off_overtakes_what_does_not() {
    let waiting = Action::ChangeUser { user: id(8), changes: vec![set_title("Countess")] };
    let waiting = turn(waiting);
    let connection = ConnectionName::parse("okta").unwrap();
    let service = ServiceName::parse("billing").unwrap();
    let (token, session) = (TokenId(id(50).0), SessionId(id(50).0));
    let kind = SessionKind::SignedIn;
    let scope = GrantScope::AllSites;
    let permissions = [Permission::ReadUsers].into();
    let grant = Grant::new(scope, permissions, None).unwrap();
    for (action, cuts_off) in [
        (deleting(), true),
        (Action::DeleteSite, true),
        (Action::DeleteConnection { name: connection.clone() }, true),
        (Action::RevokeToken { token }, true),
        (changing(vec![set_title("x"), set_active(false)]), true),
        (changing(vec![replace(Some(false), None)]), true),
        (changing(vec![place("legal")]), true),
        (Action::Access(AccessAction::DeleteService { name: service.clone() }), true),
        (Action::Access(AccessAction::RemoveGrant { service: service.clone(), scope }), true),
        (Action::Access(AccessAction::RevokeToken { service: service.clone(), token }), true),
        (Action::Session(SessionAction::End { session }), true),
        (changing(vec![set_title("x")]), false),
        (changing(vec![set_active(true), lift("legal")]), false),
        (changing(vec![replace(Some(true), None), replace(None, None)]), false),
        (creating(vec![set_active(false)]), false),
        (creating_site(), false),
        (Action::Session(SessionAction::Create { kind, hash: [1; 32], code: None }), false),
        (Action::CreateConnection { name: connection.clone() }, false),
        (Action::UpdateConnection(ConnectionChange { name: connection, dialect: None }), false),
        (Action::Access(AccessAction::CreateService { name: service.clone() }), false),
        (Action::Access(AccessAction::PutGrant { service, grant }), false),
    ] {
        assert_eq!(turn(action.clone()).may_overtake(&waiting), cuts_off, "{action:?}");
    }
}

/// Whether the last Admin may be cut off depends on who is made one before.
#[test]
fn only_a_change_that_makes_no_admin_is_overtaken() {
    let deletion = turn(Action::DeleteUser { user: id(8) });
    for (action, gives_way) in [
        (changing(vec![set_title("x")]), true),
        (
            changing(vec![Change::SetRole(Role::Moderator), replace(None, Some(Role::Moderator))]),
            true,
        ),
        (changing(vec![Change::SetRole(Role::Admin)]), false),
        (changing(vec![replace(None, Some(Role::Admin))]), false),
        (changing(vec![set_active(false)]), false),
        (creating(vec![]), false),
        // What is about the same user keeps its order.
        (Action::ChangeUser { user: id(8), changes: vec![set_title("x")] }, false),
    ] {
        assert_eq!(deletion.may_overtake(&turn(action.clone())), gives_way, "{action:?}");
    }
}

#[test]
fn what_goes_through_more_costs_more() {
    let is_work = || {
        let equal = Comparison::Text(TextOperator::Equal, "work".to_owned());
        Filter::Is(ElementTest::Value(ElementPart::Sub(sub_name("type")), equal))
    };
    let work_or_home = Filter::Any(vec![is_work(), Filter::Not(Box::new(is_work()))]);
    let edit = |selector: Option<ElementFilter>, edit| changing(vec![edit_emails(selector, edit)]);
    let address = [("type", "work"), ("value", "ada@example.com")];
    let mut profile = Profile::default();
    profile.set(&attribute_name("title"), Some(text(&"x".repeat(640))));
    let with_profile = |profile| SignIn { user_name: name("ada"), subject: None, profile };
    for (action, work) in [
        (creating_site(), 0),
        (changing(vec![set_active(true)]), 1),
        (changing(vec![set_text("title", None)]), 1),
        (changing(vec![set_title("x"), set_title("y")]), 2),
        // So much for each 64 bytes.
        (changing(vec![set_title(&"x".repeat(63))]), 1),
        (changing(vec![set_title(&"x".repeat(64))]), 2),
        (changing(vec![set_title(&"x".repeat(640))]), 11),
        (
            changing(vec![Change::SetAttribute(
                attribute_name("title"),
                Some(Value::Boolean(true)),
            )]),
            1,
        ),
        (creating(vec![set_title(&"x".repeat(640))]), 11),
        (Action::RegisterSignIn(with_profile(profile)), 11),
        (Action::RegisterSignIn(with_profile(Profile::default())), 0),
        // A list once for each test, and what is brought.
        (edit(None, ListOperation::Remove), 10),
        (edit(Some(is_work()), ListOperation::Clear(vec![sub_name("value")])), 10),
        (edit(Some(work_or_home), ListOperation::Remove), 20),
        (edit(None, ListOperation::Add(vec![element(&address, false)])), 12),
        (edit(None, ListOperation::Replace(vec![element(&address, true)])), 13),
        (edit(Some(is_work()), ListOperation::Merge(texts(&address))), 12),
    ] {
        let one = turn(action.clone());
        assert_eq!(one.work, work, "{action:?}");
        assert_eq!(one.cost(), turn(creating_site()).cost() + work, "{action:?}");
    }
    assert_eq!(turn(creating_site()).cost(), 100);
}

/// A group has any number of members, and whoever replaces them goes through all of them.
#[test]
fn what_takes_a_whole_group_costs_as_much_as_a_transaction_is_given() {
    let group = GroupId(id(60).0);
    let change = |changes| GroupAction::Change { group, changes };
    let replace = |users| GroupChange::ReplaceMembers(users);
    let display_name = GroupName::parse("Guides").unwrap();
    let renamed = GroupChange::SetDisplayName(display_name.clone());
    let created = GroupCreation { display_name, changes: vec![replace(vec![id(1), id(2)])] };
    for (action, work) in [
        (change(vec![renamed.clone()]), 1),
        (change(vec![GroupChange::AddMembers(vec![id(1), id(2)])]), 201),
        (change(vec![GroupChange::RemoveMembers(vec![id(1)])]), 101),
        // Of so many roles follow behind the transaction.
        (change(vec![GroupChange::AddMembers(vec![id(1); 20_000])]), 119_001),
        (change(vec![renamed, replace(vec![id(1)])]), UNKNOWN_WORK + 102),
        (change(vec![replace(Vec::new())]), UNKNOWN_WORK + 1),
        (GroupAction::Delete { group }, 0),
        // A new one has no members yet.
        (GroupAction::Create(created), 201),
    ] {
        assert_eq!(turn(Action::Group(action.clone())).work, work, "{action:?}");
    }
}
