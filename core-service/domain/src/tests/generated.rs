//! Arbitrary users, changes and policies. Owns what may be drawn; must never expect an answer.

use super::court::{
    BEFORE, NOW, SITE, ask as command, changing, deleting, hold, hold_name, id, name, okta,
};
use crate::{
    AssertionName, AttributeName, AttributeType, Attributes, Caller, Change, Command, Comparison,
    ConnectionPolicy, CreationPolicy, Decimal, DeletionPolicy, DirectoryStatus, ElementFilter,
    ElementPart, ElementTest, ExpectedVersion, Expiration, ExternalId, Filter, HoldNote,
    KnownUserPolicy, LedgerRetention, ListEdit, ListOperation, Notice, Profile, ProfileAttribute,
    ProfileSchema, Reason, RefusalPolicy, Replacement, Role, StatusAuthority, Subject,
    TextOperator, Timestamp, User, UserName, Value,
};
use proptest::prelude::*;
use proptest::sample::select;
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
            subject: external_id.as_ref().map(|id| Subject::as_stored(id.as_str().to_owned())),
            external_id,
            directory_status,
            holds: holds.into_iter().map(hold).collect(),
            role,
            base_role: None,
            profile: Arc::new(profile.settled()),
            recorded_refusals: Vec::new(),
            last_event: 0,
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
            expected_version: expected_version
                .map(|version| ExpectedVersion { any_of: vec![version], none_of: vec![] }),
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
        status_authority(),
    )
        .prop_map(
            |(enabled, moderator, admin, deletion, refusals, protects, status_authority)| {
                ConnectionPolicy {
                    enabled,
                    allow_moderator_promotion: moderator,
                    allow_admin_promotion: admin,
                    creation: CreationPolicy::Refuse,
                    deletion,
                    refusals,
                    protected: if protects { vec!["ADA".to_owned()] } else { Vec::new() },
                    status_authority,
                    single_sign_on: true,
                    user_name_assertion: AssertionName::default(),
                    ledger_retention: LedgerRetention::default(),
                    known_users: KnownUserPolicy::Refuse,
                }
            },
        )
}

fn status_authority() -> impl Strategy<Value = StatusAuthority> {
    let sides = [StatusAuthority::Both, StatusAuthority::Directory, StatusAuthority::Local];
    select(sides.to_vec())
}

/// Any change. What an edit sets is not what its selector reads, because an element that leaves
/// the selection by the edit is by rights another one the next time.
pub fn change() -> impl Strategy<Value = Change> {
    let hold = || select(HOLDS.to_vec()).prop_map(hold_name);
    let replacement = (
        proptest::option::of(user_name()),
        external_id(),
        proptest::option::of(asked_status()),
        proptest::option::of(role()),
        profile(),
    );
    let list_edit = (list_name(), proptest::option::of(selector()), edit())
        .prop_map(|(list, selector, edit)| ListEdit { list, multi_valued: true, selector, edit });
    let replacement =
        replacement.prop_map(|(user_name, external_id, directory_status, role, profile)| {
            Replacement { user_name, external_id, directory_status, role, profile }
        });
    let notice = Notice {
        reason: Reason::AttributeNotKept,
        attribute: "shoeSize".to_owned(),
        message: "not kept".to_owned(),
        metadata: Vec::new(),
    };
    let set = (text_name(), proptest::option::of(as_str().prop_map(Value::Text)));
    let who = prop_oneof![
        user_name().prop_map(Change::SetUserName),
        external_id().prop_map(Change::SetExternalId),
        set.prop_map(|(name, value)| Change::SetAttribute(name, value)),
        replacement.prop_map(|replacement| Change::Replace(Box::new(replacement))),
        Just(Change::Ignored(notice)),
    ];
    let whether = prop_oneof![
        asked_status().prop_map(Change::SetDirectoryStatus),
        Just(Change::Activate),
        role().prop_map(Change::SetRole),
        (hold(), as_str(), expiration()).prop_map(|(name, note, expiration)| {
            Change::PlaceHold { name, note: HoldNote(note), expiration }
        }),
        hold().prop_map(Change::LiftHold),
    ];
    prop_oneof![2 => who, 2 => whether, 1 => list_edit.prop_map(Change::EditList)]
}

/// A time, so that asked again it is the same.
fn expiration() -> impl Strategy<Value = Option<Expiration>> {
    select(vec![None, Some(NOW), Some(Timestamp(4_000)), Some(Timestamp(5_000))])
        .prop_map(|at| at.map(Expiration::At))
}

fn edit() -> impl Strategy<Value = ListOperation> {
    let elements = || proptest::collection::vec(element(), 0..3);
    prop_oneof![
        elements().prop_map(ListOperation::Add),
        elements().prop_map(ListOperation::Replace),
        complex(&["value", "display"]).prop_map(ListOperation::Merge),
        proptest::collection::vec(sub_name(&["value", "type", "display"]), 0..3)
            .prop_map(ListOperation::Clear),
        Just(ListOperation::Remove),
    ]
}

fn selector() -> impl Strategy<Value = ElementFilter> {
    let kind = || ElementPart::Sub(sub("type"));
    let leaf = prop_oneof![
        as_str().prop_map(move |word| {
            Filter::Is(ElementTest::Value(kind(), Comparison::Text(TextOperator::Equal, word)))
        }),
        Just(Filter::Is(ElementTest::Has(kind()))),
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

/// Texts and lists as they are kept, and values of the other types as if a table had them.
fn profile() -> impl Strategy<Value = Profile> {
    let texts = proptest::collection::btree_map(text_name(), as_str().prop_map(Value::Text), 0..3);
    let list = proptest::collection::vec(element(), 0..4).prop_map(Value::List);
    let lists = proptest::collection::btree_map(list_name(), list, 0..3);
    let others = proptest::collection::btree_map(foreign_name(), foreign_value(), 0..3);
    (texts, lists, others).prop_map(|(mut attributes, lists, others)| {
        attributes.extend(lists);
        attributes.extend(others);
        Profile { attributes: attributes.into_iter().collect() }
    })
}

fn element() -> impl Strategy<Value = Value> {
    complex(&["value", "type", "display"]).prop_map(Value::Complex)
}

/// Texts, and perhaps whether it is the primary one.
fn complex(names: &[&str]) -> impl Strategy<Value = Attributes> + use<> {
    let texts =
        proptest::collection::btree_map(sub_name(names), as_str().prop_map(Value::Text), 0..4);
    (texts, proptest::option::of(any::<bool>())).prop_map(|(mut attributes, primary)| {
        attributes.extend(primary.map(|primary| (sub("primary"), Value::Boolean(primary))));
        attributes.into_iter().collect()
    })
}

fn foreign_name() -> impl Strategy<Value = AttributeName> {
    select(["badge", "height", "shoe_size"].map(AttributeName::as_stored).to_vec())
}

/// Of the types that their stored form shows.
fn foreign_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        (-1e9..1e9).prop_map(|number| Value::Decimal(Decimal::new(number).unwrap())),
        proptest::collection::vec(as_str().prop_map(Value::Text), 0..3).prop_map(Value::List),
    ]
}

fn user_name() -> impl Strategy<Value = UserName> {
    select(vec!["ada", "Ada", "Émile", "eve@example.com"]).prop_map(name)
}

fn external_id() -> impl Strategy<Value = Option<ExternalId>> {
    as_str().prop_map(|word| ExternalId::parse(&word).unwrap())
}

/// What can be asked: a deletion is a command of its own.
fn asked_status() -> impl Strategy<Value = DirectoryStatus> {
    any::<bool>().prop_map(DirectoryStatus::from)
}

fn status() -> impl Strategy<Value = DirectoryStatus> {
    select(vec![DirectoryStatus::Active, DirectoryStatus::Inactive, DirectoryStatus::Deleted])
}

fn role() -> impl Strategy<Value = Role> {
    select(Role::ALL.to_vec())
}

fn as_str() -> impl Strategy<Value = String> {
    select(WORDS.to_vec()).prop_map(str::to_owned)
}

fn text_name() -> impl Strategy<Value = AttributeName> {
    name_of(|attribute| attribute.kind == AttributeType::Text, 3)
}

fn list_name() -> impl Strategy<Value = AttributeName> {
    name_of(|attribute| attribute.multi_valued, 2)
}

fn name_of(
    is: fn(&&ProfileAttribute) -> bool,
    count: usize,
) -> impl Strategy<Value = AttributeName> {
    let known = ProfileSchema::STANDARD.attributes().iter().filter(is).take(count);
    select(known.map(ProfileAttribute::name).collect::<Vec<_>>())
}

fn sub_name(names: &[&str]) -> impl Strategy<Value = AttributeName> + use<> {
    select(names.iter().map(|name| sub(name)).collect::<Vec<_>>())
}

fn sub(name: &str) -> AttributeName {
    super::court::sub_name(name)
}
