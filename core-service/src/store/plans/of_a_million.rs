//! A site of a million users, and how the databases mean to answer what identity providers ask of it: each filter,
//! each order and each page, as the statistics of its tables have it.
//!
//! Must never measure anything.

use super::{
    groups_of_users_use_indexes, look_ups_use_their_index, plan, reads_whole_table,
    sorted_names_use_indexes, statements_about_users_use_indexes,
};
use crate::store::Store;
use crate::store::dialect::Dialect;
use provost_domain::{
    AttributeType, Comparison, ElementPart, ElementTest, Filter, GroupFilter, GroupId, GroupKey,
    GroupSort, GroupSortKey, GroupTest, KeyField, LookUp, MemberTest, OrderOperator, Page,
    ProfileSchema, Role, SiteId, SortPosition, SortValue, TextOperator, TimeField, Timestamp,
    UserId, UserScope, UserSort, UserSortKey, UserTest,
};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait as _, QueryTrait as _, Statement, TransactionTrait as _};

const SITE: &str = "INSERT INTO sites (id, name, enabled, allow_moderator_promotion, \
    allow_admin_promotion, creation, deletion, refusals, protected_user_names, created_at) \
    VALUES (1, 'acme', true, false, false, 1, 1, 1, '[]', 1)";

/// Indexes of PostgreSQL are built when all rows are there, which takes a fraction of the time.
const BULK_LOAD: &str = "SET LOCAL session_replication_role = replica; \
    SET LOCAL maintenance_work_mem = '256MB'; UPDATE pg_index SET indisready = false WHERE indrelid IN \
    ('users'::regclass, 'user_emails'::regclass, 'groups'::regclass, 'group_members'::regclass)";
const BULK_LOADED: &str = "UPDATE pg_index SET indisready = true WHERE indrelid IN \
    ('users'::regclass, 'user_emails'::regclass, 'groups'::regclass, 'group_members'::regclass); \
    REINDEX TABLE users; REINDEX TABLE user_emails; REINDEX TABLE groups; REINDEX TABLE group_members; \
    ANALYZE users, user_emails, groups, group_members";

/// What the statements below count with. They name users in the order of their ids, which is that of their arrival.
fn numbers(dialect: Dialect, last: u32) -> String {
    match dialect {
        Dialect::Sqlite => format!(
            "(WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted \
            WHERE n < {last}) SELECT n FROM counted) AS numbers"
        ),
        Dialect::Postgres => format!("generate_series(1, {last}) AS numbers (n)"),
    }
}

/// An id of this number.
fn id(dialect: Dialect, number: &str) -> String {
    match dialect {
        Dialect::Sqlite => format!("unhex(format('%032x', {number}))"),
        Dialect::Postgres => format!("lpad(to_hex({number}), 32, '0')::uuid"),
    }
}

/// A million users with addresses, each in one of a hundred thousand groups, and what the database knows of them.
async fn settle(store: &Store) {
    let dialect = store.dialect;
    let [users, groups] = [1_000_000, 100_000].map(|last| numbers(dialect, last));
    let [user, group, of_user] = ["n", "n", "((n - 1) / 10 + 1)"].map(|number| id(dialect, number));
    let profile = "'{\"emails\":[{\"primary\":true,\"type\":\"work\",\"value\":\"user' || n || '@example.com\"}],\
        \"family_name\":\"Name' || n % 5000 || '\",\"title\":\"Analyst\"}'";
    let role = "CASE WHEN n % 100000 = 0 THEN 3 WHEN n % 1000 = 0 THEN 2 ELSE 1 END";
    // Whom rows belong to need not be looked up a million times.
    if dialect == Dialect::Sqlite {
        // Not in a transaction; there is one connection that writes.
        store.writers.execute_unprepared("PRAGMA foreign_keys = OFF").await.unwrap();
    }
    let transaction = store.writers.connections().begin().await.unwrap();
    if dialect == Dialect::Postgres {
        transaction.execute_unprepared(BULK_LOAD).await.unwrap();
    }
    for statement in [
        SITE.to_owned(),
        format!(
            "INSERT INTO users (site_id, id, user_name, user_name_key, external_id, directory_active, active, \
            role, holds, profile, unmet, version, created_at, updated_at) SELECT 1, {user}, \
            'user' || n || '@example.com', 'user' || n || '@example.com', 'ext' || n, n % 20 > 0, n % 20 > 0, \
            {role}, '[]', {profile}, '[]', 1, n, n FROM {users}"
        ),
        "INSERT INTO user_emails (site_id, value_key, user_id) SELECT 1, user_name, id FROM users ORDER BY user_name"
            .to_owned(),
        format!(
            "INSERT INTO groups (site_id, id, display_name, display_name_key, external_id, version, created_at, \
            updated_at) SELECT 1, {group}, 'group' || n, 'group' || n, 'ext' || n, 1, n, n FROM {groups}"
        ),
        format!(
            "INSERT INTO group_members (site_id, group_id, user_id) SELECT 1, {of_user}, {user} FROM {users}"
        ),
    ] {
        transaction.execute_unprepared(&statement).await.unwrap();
    }
    let analyzed = match dialect {
        Dialect::Sqlite => "PRAGMA analysis_limit = 1000; ANALYZE",
        Dialect::Postgres => BULK_LOADED,
    };
    transaction.execute_unprepared(analyzed).await.unwrap();
    transaction.commit().await.unwrap();
}

/// The first page, one that is counted to, and one behind a user.
fn pages<A>(behind: A) -> [Page<A>; 3] {
    [
        Page { after: None, skip: 0, limit: 100 },
        Page { after: None, skip: 900_000, limit: 100 },
        Page { after: Some(behind), skip: 0, limit: 100 },
    ]
}

/// Whether rows are sorted to answer it.
fn sorts(plan: &str) -> bool {
    plan.contains("TEMP B-TREE") || plan.contains("Sort")
}

fn key(field: KeyField) -> UserTest {
    UserTest::Key(field, TextOperator::Equal, "user7@example.com".to_owned())
}

/// All that identity providers look for, alone and beside something that no index has, and what is in a plan that
/// finds it by its index.
fn filters() -> Vec<(Filter<UserTest>, [&'static str; 2])> {
    let text = |text: &str| Comparison::Text(TextOperator::Equal, text.to_owned());
    let emails = ProfileSchema::STANDARD.attribute("emails").unwrap();
    let part = |name| ElementPart::Sub(emails.sub_attribute(name).unwrap().name());
    let address = Filter::Is(ElementTest::Value(part("value"), text("user7@example.com")));
    let work = Filter::Is(ElementTest::Value(part("type"), text("work")));
    let id = UserTest::Key(KeyField::Id, TextOperator::Equal, Uuid::from_u128(7).to_string());
    let manager = ProfileSchema::STANDARD.attribute("manager_id").unwrap();
    let manager = UserTest::Value(manager.name(), text("boss"));
    let mut filters = Vec::new();
    for (test, index) in [
        (key(KeyField::UserName), ["users_site_id_user_name_key", "user_name_key=?"]),
        (key(KeyField::ExternalId), ["users_site_id_external_id_id_idx"; 2]),
        (UserTest::Element(emails.name(), address.clone()), ["user_emails"; 2]),
        (UserTest::Element(emails.name(), Filter::All(vec![work, address])), ["user_emails"; 2]),
        (id, ["(id = ", "id=?"]),
    ] {
        let alone = Filter::Is(test);
        for other in [manager.clone(), UserTest::Active(true)] {
            filters.push((Filter::All(vec![alone.clone(), Filter::Is(other)]), index));
        }
        filters.push((alone, index));
    }
    filters
}

/// Every kind of order, with a value that a page begins behind.
fn orders() -> Vec<(UserSortKey, Option<SortValue>)> {
    let schema = ProfileSchema::STANDARD;
    let [family_name, emails] =
        ["family_name", "emails"].map(|name| schema.attribute(name).unwrap());
    let value = ElementPart::Sub(emails.sub_attribute("value").unwrap().name());
    let text = || Some(SortValue::Text("m".to_owned()));
    let time = || Some(SortValue::Number(500_000));
    vec![
        (UserSortKey::Key(KeyField::Id), None),
        (UserSortKey::Key(KeyField::UserName), text()),
        (UserSortKey::Key(KeyField::ExternalId), text()),
        (UserSortKey::Active, Some(SortValue::Boolean(true))),
        (UserSortKey::Role, Some(SortValue::Role(Role::Moderator))),
        (UserSortKey::Time(TimeField::Created), time()),
        (UserSortKey::Time(TimeField::Updated), time()),
        (UserSortKey::Value(family_name.name(), AttributeType::Text), text()),
        (UserSortKey::Element(emails.name(), value, AttributeType::Text), text()),
    ]
}

/// In the order of ids no page sorts, and what was asked by a key reads no more than has that key.
async fn pages_use_indexes(store: &Store) {
    for page in pages(UserId(Uuid::from_u128(500_000))) {
        let asked = store.page(SiteId(1), UserScope::NotDeleted, None, page);
        let plan = plan(store, asked.build(store.dialect.into())).await;
        let by_id = ["users_pkey", "sqlite_autoindex_users_1", "PRIMARY KEY"];
        assert!(by_id.iter().any(|index| plan.contains(index)) && !sorts(&plan), "{plan}");
        for (filter, index) in filters() {
            assert!(!matches!(filter.look_up(), LookUp::Scan), "{filter:?}");
            let asked = store.page(SiteId(1), UserScope::NotDeleted, Some(&filter), page);
            reads_few(store, asked.build(store.dialect.into()), index).await;
        }
    }
}

async fn reads_few(store: &Store, asked: Statement, [postgres, sqlite]: [&str; 2]) {
    let sql = asked.sql.clone();
    let plan = plan(store, asked).await;
    let index = match store.dialect {
        Dialect::Sqlite => sqlite,
        Dialect::Postgres => postgres,
    };
    let scans = ["SCAN groups", "SCAN group_members", "Seq Scan on group"];
    let scans = reads_whole_table(&plan) || scans.iter().any(|scan| plan.contains(scan));
    assert!(plan.contains(index) && !scans, "{sql}:\n{plan}");
}

/// Orders that are taken to be in an index are; others go through all users once. Beside a key it doesn't matter,
/// because there are few to sort.
async fn orders_use_indexes(store: &Store) {
    let scope = (SiteId(1), UserScope::NotDeleted);
    for (by, value) in orders() {
        for descending in [false, true] {
            let sort = UserSort { by: by.clone(), descending };
            let behind = SortPosition { id: UserId(Uuid::from_u128(7)), value: value.clone() };
            for page in pages(behind) {
                let asked = store.sorted_page(scope, None, &sort, &page);
                let asked = asked.build(store.dialect.into());
                let sql = asked.sql.clone();
                let plan = plan(store, asked).await;
                assert!(!sort.is_indexed() || !sorts(&plan), "{sql}:\n{plan}");
                assert_eq!(looks(&plan), 1, "{sql}:\n{plan}");
                for (filter, index) in filters() {
                    let asked = store.sorted_page(scope, Some(&filter), &sort, &page);
                    reads_few(store, asked.build(store.dialect.into()), index).await;
                }
            }
        }
    }
}

/// How often users are gone through or looked up in.
fn looks(plan: &str) -> usize {
    let looks = [" on users  (", "SCAN users", "SEARCH users"];
    plan.lines().filter(|line| looks.iter().any(|look| line.contains(look))).count()
}

/// All that groups are looked for by, and what is in a plan that finds them by its index.
fn group_filters() -> Vec<(GroupFilter, [&'static str; 2])> {
    let key = |key, value: &str| GroupTest::Key(key, TextOperator::Equal, value.to_owned());
    let seventh = Uuid::from_u128(7).to_string();
    let member = MemberTest::User(TextOperator::Equal, seventh.clone());
    let created =
        Filter::Is(GroupTest::Time(TimeField::Created, OrderOperator::Less, Timestamp(9)));
    let mut filters = Vec::new();
    for (test, index) in [
        (
            key(GroupKey::DisplayName, "group7"),
            ["groups_site_id_display_name_key_key", "display_name_key=?"],
        ),
        (key(GroupKey::ExternalId, "ext7"), ["groups_site_id_external_id_id_idx"; 2]),
        (key(GroupKey::Id, &seventh), ["(id = ", "id=?"]),
        (
            GroupTest::Member(Filter::Is(member)),
            ["group_members_", "group_members_site_id_user_id_group_id_idx"],
        ),
    ] {
        let alone = Filter::Is(test);
        filters.push((Filter::All(vec![alone.clone(), created.clone()]), index));
        filters.push((alone, index));
    }
    filters
}

/// Every kind of order of groups, with a value that a page begins behind.
fn group_orders() -> Vec<(GroupSortKey, Option<SortValue>)> {
    let text = || Some(SortValue::Text("group5".to_owned()));
    let time = || Some(SortValue::Number(10_000));
    vec![
        (GroupSortKey::Key(GroupKey::Id), None),
        (GroupSortKey::Key(GroupKey::DisplayName), text()),
        (GroupSortKey::Key(GroupKey::ExternalId), text()),
        (GroupSortKey::Time(TimeField::Created), time()),
        (GroupSortKey::Time(TimeField::Updated), time()),
    ]
}

/// The same of groups.
async fn orders_of_groups_use_indexes(store: &Store) {
    let scope = (SiteId(1), UserScope::NotDeleted);
    for (by, value) in group_orders() {
        for descending in [false, true] {
            let sort = GroupSort { by, descending };
            let behind = SortPosition { id: GroupId(Uuid::from_u128(7)), value: value.clone() };
            for page in pages(behind) {
                for (filter, index) in group_filters() {
                    assert!(filter.is_look_up(), "{filter:?}");
                    let asked = store.page_of_groups(scope, Some(&filter), &sort, &page);
                    reads_few(store, asked.build(store.dialect.into()), index).await;
                }
            }
        }
    }
}

/// Without statistics, too, which nobody has SQLite collect.
async fn look_ups_read_few_in_any_order(store: &Store) {
    pages_use_indexes(store).await;
    orders_use_indexes(store).await;
    orders_of_groups_use_indexes(store).await;
}

async fn a_million_are_served_by_indexes(store: &Store) {
    settle(store).await;
    look_ups_use_their_index(store).await;
    statements_about_users_use_indexes(store).await;
    groups_of_users_use_indexes(store).await;
    sorted_names_use_indexes(store).await;
    look_ups_read_few_in_any_order(store).await;
}

#[tokio::test]
async fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("provost.db").display());
    let store = Store::open(&url).await.unwrap();
    look_ups_read_few_in_any_order(&store).await;
    a_million_are_served_by_indexes(&store).await;
}

#[tokio::test]
async fn on_postgres() {
    let Some(database) = provost_test_postgres::database() else { return };
    a_million_are_served_by_indexes(&Store::open(database.url()).await.unwrap()).await;
}
