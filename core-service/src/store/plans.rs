//! How the databases mean to find what look-ups by name, external id and address ask for: by an
//! index, however many users there are. In `plans/`: the same and more in a table of a million users.

mod of_a_million;

use super::dialect::Dialect;
use super::events::chains::loose;
use super::figures::BROKEN_LEDGERS;
use super::figures::behind::first_behind;
use super::remains::REMOVE_MEMBERS;
use super::requests::NEXT_CALLER;
use super::standing_changes::HOLDERS;
use super::standing_fills::{FIRST, UNFILLED};
use super::users::active_admins;
use super::users::expiring::expiring_holds;
use super::users::refused::refused_users;
use super::{Store, consumers, group_members, rule_runs, users};
use provost_domain::{
    Comparison, ElementPart, ElementTest, Filter, Grants, GroupId, GroupKey, GroupSort,
    GroupSortKey, GroupTest, KeyField, MemberTest, Page, ProfileSchema, Service, ServiceName,
    SiteId, Sort, SortPosition, SortValue, TextOperator, Timestamp, UserGroupTest, UserId,
    UserScope, UserSortKey, UserTest,
};
use sea_orm::prelude::Uuid;
use sea_orm::{
    ConnectionTrait, QueryOrder as _, QuerySelect as _, QueryTrait as _, Statement,
    StatementBuilder, TransactionTrait, Value,
};

/// From so many rows on a table is taken as it is.
const MANY: f32 = 100_000.0;

const PAGE: Page = Page { after: None, skip: 0, limit: 100 };

/// What a filter of an identity provider asks, and the index that must serve it.
fn look_ups() -> [(UserTest, &'static str); 5] {
    let emails = ProfileSchema::STANDARD.attribute("emails").unwrap();
    let text = |text: &str| Comparison::Text(TextOperator::Equal, text.to_owned());
    let key = |field| UserTest::Key(field, TextOperator::Equal, "ada@example.com".to_owned());
    let part = |name| ElementPart::Sub(emails.sub_attribute(name).unwrap().name());
    let address = ElementTest::Value(part("value"), text("ada@example.com"));
    let work = ElementTest::Value(part("type"), text("work"));
    let emails = |condition| UserTest::Element(emails.name(), condition);
    let group = UserGroupTest::Group(TextOperator::Equal, Uuid::nil().to_string());
    [
        (key(KeyField::UserName), "users_site_id_user_name_key"),
        (key(KeyField::ExternalId), "users_site_id_external_id_id_idx"),
        (emails(Filter::Is(address.clone())), "user_emails"),
        (emails(Filter::All(vec![Filter::Is(work), Filter::Is(address)])), "user_emails"),
        (UserTest::Group(Filter::Is(group)), "group_members_pkey"),
    ]
}

async fn plan(store: &Store, statement: Statement) -> String {
    let (explain, column) = match store.dialect {
        Dialect::Sqlite => ("EXPLAIN QUERY PLAN ", 3),
        Dialect::Postgres => ("EXPLAIN ", 0),
    };
    let transaction = store.lists.connections().begin().await.unwrap();
    if store.dialect == Dialect::Postgres && !has_many_users(&transaction).await {
        // A table of few rows is read whole at once, unless that is made to look dear.
        transaction.execute_unprepared("SET LOCAL enable_seqscan = off").await.unwrap();
    }
    // Of several statements in one text, the first is the one about users.
    let sql = statement.sql.split(';').next().unwrap_or_default();
    let statement = Statement { sql: format!("{explain}{sql}"), ..statement };
    let rows = transaction.query_all_raw(statement).await.unwrap();
    let lines = rows.iter().map(|row| row.try_get_by_index::<String>(column).unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

/// As PostgreSQL knows it.
async fn has_many_users(database: &impl ConnectionTrait) -> bool {
    let rows = "SELECT reltuples FROM pg_class WHERE oid = 'users'::regclass";
    let rows = Statement::from_string(database.get_database_backend(), rows);
    let found = database.query_one_raw(rows).await.unwrap().unwrap();
    found.try_get_by_index::<f32>(0).unwrap() > MANY
}

/// Or all of a site.
fn reads_whole_table(plan: &str) -> bool {
    ["SCAN u", "SCAN request_ids", "(site_id=?)", "Seq Scan on user", "Seq Scan on request_ids"]
        .iter()
        .any(|scan| plan.contains(scan))
}

async fn look_ups_use_their_index(store: &Store) {
    for (test, index) in look_ups() {
        let page =
            store.page(SiteId(1), UserScope::NotDeleted, Some(&Filter::Is(test.clone())), PAGE);
        let plan = plan(store, page.build(store.dialect.into())).await;
        // SQLite names the index of a unique key itself.
        // PostgreSQL takes either index of members, by what it knows of the table at that moment.
        let other = "group_members_site_id_user_id_group_id_idx";
        let named = plan.contains(index)
            || index == "group_members_pkey" && plan.contains(other)
            || (store.dialect == Dialect::Sqlite
                && (plan.contains("user_name_key=?")
                    || plan.contains("sqlite_autoindex_group_members")));
        assert!(named && !reads_whole_table(&plan), "{test:?}:\n{plan}");
    }
}

/// A statement with as many parameters that name nothing.
fn written(store: &Store, sql: &str, parameters: usize) -> Statement {
    let nothing = vec![Value::from("[]"); parameters];
    Statement::from_sql_and_values(store.dialect.into(), sql, nothing)
}

/// What a group of decisions asks for of users, and how it saves them.
async fn statements_about_users_use_indexes(store: &Store) {
    let statements = store.dialect.statements();
    for sql in [
        &statements.users_by_id,
        &statements.users_by_name,
        &statements.users_by_external_id,
        &statements.users_known_by,
        &statements.users_by_subject,
        &statements.delete_users,
        &statements.forget_emails,
    ] {
        let plan = plan(store, written(store, sql, 1)).await;
        assert!(!reads_whole_table(&plan), "{sql}:\n{plan}");
    }
    if store.dialect == Dialect::Postgres {
        let sql = &statements.users_known_by;
        let plan = plan(store, written(store, sql, 1)).await;
        assert!(plan.contains("Index Cond: ((site_id = r.site_id) AND (external_id = "), "{plan}");
        assert!(!plan.contains("Hash Join") && !plan.contains("SubPlan"), "{sql}:\n{plan}");
    }
    let saved = statements.save_profiles.texts().into_iter();
    for (sql, parameters) in saved.chain(statements.save_and_commit.texts()) {
        let plan = plan(store, written(store, sql, parameters)).await;
        assert!(!reads_whole_table(&plan), "{sql}:\n{plan}");
    }
    let admins = plan(store, active_admins(SiteId(1)).build(store.dialect.into())).await;
    assert!(admins.contains("users_admins_idx"), "{admins}");
}

async fn groups_use_indexes(store: &Store) {
    let statements = store.dialect.statements();
    let sought = plan(store, written(store, &statements.requests_by_id, 1)).await;
    assert!(!reads_whole_table(&sought), "{sought}");
    let behind = [Value::from(1_i64), Value::from("operator")];
    let next = Statement::from_sql_and_values(store.dialect.into(), NEXT_CALLER, behind);
    let next = plan(store, next).await;
    assert!(next.contains("request_ids_site_id_caller_decided_at_idx"), "{next}");
    assert!(!next.to_lowercase().contains("sort") && !next.contains("TEMP B-TREE"), "{next}");
    if store.dialect == Dialect::Postgres {
        let (lock, parameters) = &statements.begin_group.texts[1];
        let plan = plan(store, written(store, lock, *parameters)).await;
        assert!(plan.contains("sites_pkey"), "{plan}");
    }
    let loose = loose(SiteId(1), UserId(Uuid::nil()), 0..=9).build(store.dialect.into());
    let loose = plan(store, loose).await;
    assert!(loose.contains("events_loose_idx"), "{loose}");
    for (sql, values) in [(UNFILLED, vec![]), (FIRST, vec![1_i64.into()])] {
        let unfilled = Statement::from_sql_and_values(store.dialect.into(), sql, values);
        let unfilled = plan(store, unfilled).await;
        assert!(unfilled.contains("events_unchained_idx"), "{unfilled}");
    }
    let nobody = Value::from(Uuid::nil());
    let values = [1_i64.into(), nobody, 1_i64.into(), 9_i64.into()];
    let holders = Statement::from_sql_and_values(store.dialect.into(), HOLDERS, values);
    let holders = plan(store, holders).await;
    let reads_all = ["SCAN change", "SCAN standing_changes", "Seq Scan on standing_changes"];
    assert!(!reads_all.iter().any(|all| holders.contains(all)), "{holders}");
    let service = Service {
        id: 1,
        name: ServiceName::as_stored("billing".to_owned()),
        version: 1,
        grants: Grants::default(),
        created_at: Timestamp(1),
        deleted_at: None,
    };
    let (held, deleted) = (consumers::hold_of(&service), consumers::delete_of(&service));
    for statement in [held.build(store.dialect.into()), deleted.build(store.dialect.into())] {
        let of_caller = plan(store, statement).await;
        assert!(of_caller.contains("consumers_caller_idx"), "{of_caller}");
    }
    let broken = plan(store, Statement::from_string(store.dialect.into(), BROKEN_LEDGERS)).await;
    assert!(!broken.contains("SCAN events") && !broken.contains("Seq Scan on events"), "{broken}");
    let put_out = first_behind(store.dialect);
    let put_out = plan(store, written(store, &put_out, 1)).await;
    assert!(!put_out.contains("SCAN found") && !put_out.contains("SCAN events"), "{put_out}");
    assert!(!put_out.contains("Seq Scan on events") && !put_out.contains("Sort"), "{put_out}");
    let raised = rule_runs::raised(SiteId(1), UserId(Uuid::nil()));
    let raised = raised.order_by_asc(users::Column::Id).limit(100);
    let raised = plan(store, raised.build(store.dialect.into())).await;
    assert!(raised.contains("users_base_role_idx"), "{raised}");
    let expiring = plan(store, expiring_holds(100).build(store.dialect.into())).await;
    assert!(expiring.contains("users_next_hold_expiry_idx"), "{expiring}");
    assert!(!expiring.to_lowercase().contains("sort"), "{expiring}");
    let refused = plan(store, refused_users(SiteId(1), 100).build(store.dialect.into())).await;
    assert!(refused.contains("users_refused_idx"), "{refused}");
    assert!(!refused.to_lowercase().contains("sort") && !refused.contains("B-TREE"), "{refused}");
}

/// What asks for groups and members, and the index that must serve it.
async fn groups_of_users_use_indexes(store: &Store) {
    let statements = store.dialect.statements();
    let nobody = Uuid::nil();
    let key = |key| GroupTest::Key(key, TextOperator::Equal, "guides".to_owned());
    let member = MemberTest::User(TextOperator::Equal, nobody.to_string());
    let page = Page { after: None, skip: 0, limit: 100 };
    let mut asked = Vec::new();
    for (test, index) in [
        (key(GroupKey::DisplayName), "groups_site_id_display_name_key_key"),
        (key(GroupKey::ExternalId), "groups_site_id_external_id_id_idx"),
        (GroupTest::Member(Filter::Is(member)), "group_members_site_id_user_id_group_id_idx"),
    ] {
        let filter = Filter::Is(test);
        let scope = (SiteId(1), UserScope::NotDeleted);
        let groups = store.page_of_groups(scope, Some(&filter), &GroupSort::BY_ID, &page);
        asked.push((groups.build(store.dialect.into()), index));
    }
    let scope = (SiteId(1), UserScope::NotDeleted);
    let of = group_members::members(store.dialect, scope, &[GroupId(nobody)], None, 100);
    asked.push((StatementBuilder::build(&of, &store.dialect.into()), "group_members_pkey"));
    let of = group_members::groups_of(SiteId(1), &[UserId(nobody)], 100);
    let of = StatementBuilder::build(&of, &store.dialect.into());
    asked.push((of, "group_members_site_id_user_id_group_id_idx"));
    let deleted = [Value::from(1_i64), Value::from(nobody)];
    let removed = Statement::from_sql_and_values(store.dialect.into(), REMOVE_MEMBERS, deleted);
    asked.push((removed, "group_members_pkey"));
    for (sql, index) in [
        (&statements.leave_groups, "group_members_site_id_user_id_group_id_idx"),
        (&statements.groups_by_id, "groups_pkey"),
        (&statements.groups_by_name, "groups_site_id_display_name_key_key"),
        // By either index, which have the same columns in another order.
        (&statements.named_members, "using group_members_"),
        (&statements.members_of, "group_members_pkey"),
        (&statements.groups_of, "group_members_site_id_user_id_group_id_idx"),
        (&statements.groups_of_users, "group_members_site_id_user_id_group_id_idx"),
        (&statements.delete_groups, "groups_pkey"),
        (&statements.delete_members, "using group_members_"),
    ] {
        let written =
            Statement::from_sql_and_values(store.dialect.into(), sql, [Value::from("[]")]);
        asked.push((written, index));
    }
    for (statement, index) in asked {
        let plan = plan(store, statement).await;
        uses_index_of_groups(store, &plan, index);
    }
}

/// The members of several groups, of whom those of each are read as far as they are asked for.
async fn members_of_several_are_in_order(store: &Store) {
    let scope = (SiteId(1), UserScope::NotDeleted);
    let several: Vec<_> = (0..100).map(|n| GroupId(Uuid::from_u128(n))).collect();
    let of = group_members::members(store.dialect, scope, &several, None, 10_000);
    let lines = plan(store, StatementBuilder::build(&of, &store.dialect.into())).await;
    let keys: Vec<_> = lines.lines().filter(|line| line.contains("Sort Key")).collect();
    // The groups may be sorted, and the few of one group that are read at a time; not all members.
    let is_in_order = |line: &&str| line.ends_with("groups.id") || lines.contains("Incremental");
    assert!(keys.iter().all(is_in_order), "{lines}");
    assert!(!lines.contains("USE TEMP B-TREE"), "{lines}");
    uses_index_of_groups(store, &lines, "group_members_pkey");
}

fn uses_index_of_groups(store: &Store, plan: &str, index: &str) {
    // SQLite names the indexes of keys itself.
    // PostgreSQL takes either index of members, by what it knows of the table at that moment.
    let other = "group_members_site_id_user_id_group_id_idx";
    let named = plan.contains(index)
        || index == "group_members_pkey" && plan.contains(other)
        || store.dialect == Dialect::Sqlite && plan.contains("sqlite_autoindex_group");
    let scans = ["SCAN groups", "SCAN group_members", "SCAN users", "Seq Scan on group"];
    assert!(named && !scans.iter().any(|scan| plan.contains(scan)), "{index}:\n{plan}");
    assert!(!reads_whole_table(plan), "{index}:\n{plan}");
}

/// Orders that an index has, from the beginning and from a position: no row is sorted.
async fn sorted_names_use_indexes(store: &Store) {
    let scope = (SiteId(1), UserScope::NotDeleted);
    let behind = Some(SortValue::Text("m".to_owned()));
    let mut asked = Vec::new();
    for descending in [false, true] {
        for value in [None, behind.clone()] {
            let user = UserId(Uuid::nil());
            let after = value.clone().map(|value| SortPosition { id: user, value: Some(value) });
            let page = Page { after, skip: 0, limit: 100 };
            for (field, index) in [
                (KeyField::UserName, "users_site_id_user_name_key_bytes_idx"),
                (KeyField::Id, "users_pkey"),
            ] {
                let sort = Sort { by: UserSortKey::Key(field), descending };
                let users = store.sorted_page(scope, None, &sort, &page);
                asked.push((users.build(store.dialect.into()), index));
            }
            let group = GroupId(Uuid::nil());
            let after = value.map(|value| SortPosition { id: group, value: Some(value) });
            // All hundred groups would be sorted as soon as read in order.
            let page = Page { after, skip: 0, limit: 10 };
            let sort = Sort { by: GroupSortKey::Key(GroupKey::DisplayName), descending };
            let groups = store.page_of_groups(scope, None, &sort, &page);
            let index = "groups_site_id_display_name_key_bytes_idx";
            asked.push((groups.build(store.dialect.into()), index));
        }
    }
    for (statement, index) in asked {
        let sql = statement.sql.clone();
        let plan = plan(store, statement).await;
        let named = match store.dialect {
            Dialect::Sqlite => plan.contains("USING INDEX") || plan.contains("PRIMARY KEY"),
            Dialect::Postgres => plan.contains(index),
        };
        assert!(named, "{sql}:\n{plan}");
        assert!(!plan.contains("TEMP B-TREE") && !plan.contains("Sort"), "{sql}:\n{plan}");
    }
}

/// PostgreSQL means to find anything in a table of no rows by any index.
const CROWD: &str = "INSERT INTO sites (id, name, enabled, allow_moderator_promotion, \
    allow_admin_promotion, creation, deletion, refusals, protected_user_names, created_at) \
    VALUES (1, 'acme', true, false, false, 1, 1, 1, '[]', 1); \
    INSERT INTO users SELECT 1, gen_random_uuid(), 'u' || n, 'u' || n, 'x' || n, true, true, 1, \
    '[]', '{}', '[]', 1, 1, 1 FROM generate_series(1, 500) AS n; \
    INSERT INTO user_emails SELECT 1, user_name, id FROM users; \
    INSERT INTO groups SELECT 1, gen_random_uuid(), 'g' || n, 'g' || n, 'x' || n, 1, 1, 1 \
    FROM generate_series(1, 100) AS n; \
    INSERT INTO group_members SELECT 1, groups.id, users.id FROM groups, users; \
    ANALYZE users, user_emails, groups, group_members";

#[tokio::test]
async fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("provost.db").display());
    let store = Store::open(&url).await.unwrap();
    look_ups_use_their_index(&store).await;
    statements_about_users_use_indexes(&store).await;
    groups_use_indexes(&store).await;
    groups_of_users_use_indexes(&store).await;
    members_of_several_are_in_order(&store).await;
    sorted_names_use_indexes(&store).await;
}

#[tokio::test]
async fn on_postgres() {
    let Some(database) = provost_test_postgres::database() else { return };
    let store = Store::open(database.url()).await.unwrap();
    store.lists.execute_unprepared(CROWD).await.unwrap();
    look_ups_use_their_index(&store).await;
    statements_about_users_use_indexes(&store).await;
    groups_use_indexes(&store).await;
    groups_of_users_use_indexes(&store).await;
    members_of_several_are_in_order(&store).await;
    sorted_names_use_indexes(&store).await;
}
