//! Arbitrary users, changes and policies. Owns what may be drawn; must never expect an answer.

use super::court::{
    BEFORE, SITE, ask as command, changing, deleting, hold, hold_name, id, name, okta,
};
use crate::{
    Caller, Change, Command, ConnectionPolicy, CreationPolicy, DeletionPolicy, DirectoryStatus,
    Edit, Element, ElementFilter, ElementTest, ExternalId, Filter, ListEdit, ListName, Merge,
    Notice, Profile, Reason, RefusalPolicy, Replacement, Role, SubName, TextName, TextOperator,
    User, UserName,
};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Few values each, so that draws meet.
const WORDS: [&str; 4] = ["", "a", "b", "Ä \"x\""];
const HOLDS: [&str; 3] = ["manual", "legal", "security"];

/// A user as the law keeps them: settled, with at least a user name.
pub fn user() -> impl Strategy<Value = User> {
    let holds = proptest::sample::subsequence(HOLDS.to_vec(), 0..=HOLDS.len());
    (user_name(), external_id(), status(), role(), holds, profile(), 1..50_i64).prop_map(
        |(user_name, external_id, directory_status, role, holds, profile, version)| User {
            site: SITE,
            id: id(1),
            user_name,
            external_id,
            directory_status,
            holds: holds.into_iter().map(hold).collect(),
            role,
            profile: Arc::new(profile.settled()),
            unmet: Vec::new(),
            version,
            created_at: BEFORE,
            updated_at: BEFORE,
        },
    )
}

pub fn caller() -> impl Strategy<Value = Caller> {
    select(vec![okta(), Caller::Operator])
}

pub fn ask() -> impl Strategy<Value = Command> {
    let verb = prop_oneof![
        8 => proptest::collection::vec(change(), 0..4).prop_map(changing),
        1 => Just(deleting()),
    ];
    (caller(), verb, proptest::option::weighted(0.2, 1..4_i64)).prop_map(
        |(caller, action, expected_version)| Command {
            expected_version,
            ..command(&caller, action)
        },
    )
}

pub fn policy() -> impl Strategy<Value = ConnectionPolicy> {
    let deletion = vec![DeletionPolicy::Refuse, DeletionPolicy::Deactivate, DeletionPolicy::Delete];
    (
        proptest::bool::weighted(0.9),
        any::<bool>(),
        any::<bool>(),
        select(deletion),
        select(vec![RefusalPolicy::Notice, RefusalPolicy::Reject]),
        proptest::bool::weighted(0.2),
    )
        .prop_map(|(enabled, moderator, admin, deletion, refusals, protects)| {
            ConnectionPolicy {
                enabled,
                allow_moderator_promotion: moderator,
                allow_admin_promotion: admin,
                creation: CreationPolicy::Refuse,
                deletion,
                refusals,
                protected: if protects { vec!["ADA".to_owned()] } else { Vec::new() },
            }
        })
}

/// Any change. What an edit sets is not what its selector reads, because an element that leaves
/// the selection by the edit is by rights another one the next time.
pub fn change() -> impl Strategy<Value = Change> {
    let hold = || select(HOLDS.to_vec()).prop_map(hold_name);
    let replacement = (
        proptest::option::of(user_name()),
        external_id(),
        proptest::option::of(status()),
        proptest::option::of(role()),
        profile(),
    );
    let list_edit = (list_name(), proptest::option::of(selector()), edit())
        .prop_map(|(list, selector, edit)| ListEdit { list, selector, edit });
    let replacement =
        replacement.prop_map(|(user_name, external_id, directory_status, role, profile)| {
            Replacement { user_name, external_id, directory_status, role, profile }
        });
    let notice = Notice {
        reason: Reason::AttributeNotKept,
        attribute: "shoeSize".to_owned(),
        message: "not kept".to_owned(),
    };
    let text = (text_name(), proptest::option::of(word()));
    let who = prop_oneof![
        user_name().prop_map(Change::SetUserName),
        external_id().prop_map(Change::SetExternalId),
        text.prop_map(|(name, value)| Change::SetText(name, value)),
        replacement.prop_map(|replacement| Change::Replace(Box::new(replacement))),
        Just(Change::Ignored(notice)),
    ];
    let whether = prop_oneof![
        status().prop_map(Change::SetDirectoryStatus),
        Just(Change::Activate),
        role().prop_map(Change::SetRole),
        (hold(), word()).prop_map(|(name, note)| Change::PlaceHold { name, note }),
        hold().prop_map(Change::LiftHold),
    ];
    prop_oneof![2 => who, 2 => whether, 1 => list_edit.prop_map(Change::EditList)]
}

fn edit() -> impl Strategy<Value = Edit> {
    let merged = proptest::collection::btree_map(sub_name(&["value", "display"]), word(), 0..3);
    let elements = || proptest::collection::vec(element(), 0..3);
    prop_oneof![
        elements().prop_map(Edit::Add),
        elements().prop_map(Edit::Replace),
        (merged, proptest::option::of(any::<bool>()))
            .prop_map(|(texts, primary)| Edit::Merge(Merge { texts, primary })),
        proptest::collection::vec(sub_name(&["value", "type", "display"]), 0..3)
            .prop_map(Edit::Clear),
        Just(Edit::Remove),
    ]
}

fn selector() -> impl Strategy<Value = ElementFilter> {
    let kind = || SubName::parse("type").unwrap();
    let leaf = prop_oneof![
        word().prop_map(move |word| Filter::Is(ElementTest::Text(
            kind(),
            TextOperator::Equal,
            word
        ))),
        Just(Filter::Is(ElementTest::Present(kind()))),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        let list = proptest::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            list.clone().prop_map(Filter::All),
            list.prop_map(Filter::Any),
            inner.prop_map(|operand| Filter::Not(Box::new(operand))),
        ]
    })
}

fn profile() -> impl Strategy<Value = Profile> {
    let texts = proptest::collection::btree_map(text_name(), word(), 0..3);
    let list = proptest::collection::vec(element(), 0..4);
    let lists = proptest::collection::btree_map(list_name(), list, 0..3);
    (texts, lists).prop_map(|(texts, lists)| Profile { texts, lists })
}

fn element() -> impl Strategy<Value = Element> {
    let texts: BTreeMap<_, _> = BTreeMap::new();
    let sub = sub_name(&["value", "type", "display"]);
    (proptest::collection::vec((sub, word()), 0..4), any::<bool>()).prop_map(
        move |(drawn, primary)| {
            let mut texts = texts.clone();
            texts.extend(drawn);
            Element { texts, primary }
        },
    )
}

fn user_name() -> impl Strategy<Value = UserName> {
    select(vec!["ada", "Ada", "Émile", "eve@example.com"]).prop_map(name)
}

fn external_id() -> impl Strategy<Value = Option<ExternalId>> {
    word().prop_map(|word| ExternalId::parse(&word).unwrap())
}

fn status() -> impl Strategy<Value = DirectoryStatus> {
    any::<bool>().prop_map(DirectoryStatus::from)
}

fn role() -> impl Strategy<Value = Role> {
    select(Role::ALL.to_vec())
}

fn word() -> impl Strategy<Value = String> {
    select(WORDS.to_vec()).prop_map(str::to_owned)
}

fn text_name() -> impl Strategy<Value = TextName> {
    select(TextName::all().take(3).collect::<Vec<_>>())
}

fn list_name() -> impl Strategy<Value = ListName> {
    select(ListName::all().take(2).collect::<Vec<_>>())
}

fn sub_name(names: &[&str]) -> impl Strategy<Value = SubName> + use<> {
    select(names.iter().map(|name| SubName::parse(name).unwrap()).collect::<Vec<_>>())
}
