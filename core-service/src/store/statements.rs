//! The statements whose text never changes, so that their prepared form is found again.
//!
//! They are written when the first of them is needed, from the columns of the tables, so a new
//! column is in all of them. Must never know when which runs, or why.
//!
//! What pays for not leaving them to sea-orm, measured on SQLite with two cores: entities look 16
//! thousand users up a second, one statement for all who wait 67 thousand; a group that is saved by
//! entities makes 3 to 4 thousand changes a second durable, by one statement for each table 11 thousand.
//! The first figure pays for the look-ups, the second for what groups save. Each text below says what
//! sea-orm would do in its place: a statement for each row, or a text for each number of rows. To write
//! a text takes sea-orm 11 thousand instructions, to prepare it SQLite 19 thousand at least, where a
//! whole PATCH takes 350 thousand. On PostgreSQL, preparing is a way there and back of its own.
//! In a document SQLite looks for each column anew, which takes 60 thousand instructions for the two rows of
//! a change of status; so it gets the fields of what most commands save (`save_rows.rs`).

use super::dialect::Dialect;
use super::row_sql::{FieldRows, Rows, joined, keyed, keys, listed};
use super::save_rows::{BySize, MOST_ROWS, SaveAndCommit, SaveRows};
use super::{
    events, group_members, groups, requests, service_tokens, sites, standing_changes, tokens,
    user_emails, users,
};
use provost_domain::MOST_KNOWN_ALIKE;
use sea_orm::{EntityTrait, IdenStatic as _, Iterable as _};
use std::sync::LazyLock;

/// The columns of a user's standing: what an identity provider changes most, and no index but
/// that of the Admins is about. Updating no others spares the indexes and, on PostgreSQL, new
/// index entries for the new row.
pub(super) const STANDING: [users::Column; 9] = {
    use users::Column::{
        Active, BaseRole, DirectoryActive, DirectoryDeleted, LastEvent, Role, Unmet, UpdatedAt,
        Version,
    };
    [
        DirectoryActive,
        DirectoryDeleted,
        Active,
        Role,
        BaseRole,
        Unmet,
        LastEvent,
        Version,
        UpdatedAt,
    ]
};

/// What else of a user no look-up is about.
pub(super) const PROFILE: [users::Column; 3] = {
    use users::Column::{Holds, Profile, ProfileFolded};
    [Holds, Profile, ProfileFolded]
};

/// The texts for one database. Those about rows take them as one document.
pub(super) struct Statements {
    /// Users by site and id. As entities: a statement for each, and a quarter of the look-ups.
    pub users_by_id: String,
    /// Users by site and the key of their user name, which providers ask for before every change.
    /// Paid for as `users_by_id`.
    pub users_by_name: String,
    /// Users by site and external id. It need not be unique: the eldest comes first of those whom the
    /// directory has. Paid for as `users_by_name`.
    pub users_by_external_id: String,
    /// The eldest of these whom the directory has not deleted, [`MOST_KNOWN_ALIKE`] of them, by site and external id:
    /// the others are not read, however many they are. Paid for as `users_by_name`.
    pub users_known_by: String,
    /// Users by site and subject. Paid for as `users_by_id`.
    pub users_by_subject: String,
    /// Requests by site, caller and id. As entities: a text for each number of requests, which differs
    /// from group to group.
    pub requests_by_id: String,
    /// Keeps requests. Paid for as `requests_by_id`.
    pub save_requests: SaveRows,
    /// Keeps what changed of roles and of the status of who has one. Paid for as `requests_by_id`.
    pub save_standing_changes: SaveRows,
    /// Deletes users, and by their foreign key their rows in the e-mail index. As entities: a
    /// statement for each in the one writer, when a provider cleans up hundreds in a row.
    pub delete_users: String,
    /// Saves users whole, new ones and known ones alike. As entities: fifteen parameters for each,
    /// and a text to prepare for each number of users.
    pub save_users: SaveRows,
    /// Saves users of whom everything may have changed but what they are looked up by. As entities:
    /// a statement for each, as an `UPDATE` has the values of one row.
    pub save_profiles: SaveRows,
    /// Empties the e-mail index for users. It goes with `save_emails`.
    pub forget_emails: String,
    /// Fills the e-mail index. As entities: a text for each number of addresses, which differs from
    /// group to group.
    pub save_emails: String,
    /// Counts users that came and went. As entities: a statement for each site of a group, whose rows
    /// all writers wait for.
    pub count_members: String,
    /// Moves last uses of tokens forward, never back: several cores report without an order. As
    /// entities: a statement for each token, ten times a second, between two groups of the writer.
    pub touch_tokens: String,
    /// The same for tokens of services.
    pub touch_service_tokens: String,
    /// Groups by site and id. As entities: a text for each number of groups.
    pub groups_by_id: String,
    /// Groups by site and the key of their name. Paid for as `groups_by_id`.
    pub groups_by_name: String,
    /// Users who are named as members, and whether they are. As entities: more parameters than there may be.
    pub named_members: String,
    /// All members of groups. Read as `named_members`.
    pub members_of: String,
    /// All groups of users. Paid for as `named_members`.
    pub groups_of: String,
    /// The groups of users who are asked about one by one, with their names. Paid for as `users_by_id`.
    pub groups_of_users: String,
    /// Saves groups. Paid for as `groups_by_id`.
    pub save_groups: String,
    /// Deletes groups, whose members are removed later. Paid for as `groups_by_id`.
    pub delete_groups: String,
    /// Adds members. Paid for as `named_members`.
    pub save_members: String,
    /// Removes members. Paid for as `named_members`.
    pub delete_members: String,
    /// Counts the groups of sites. Paid for as `count_members`.
    pub count_groups: String,
    /// Gives groups that deleted users leave the next version. As entities: a statement for each user and group.
    pub leave_groups: String,
    /// Begins a group: locks sites (first document), whose writers thereby take turns, and loads
    /// users (second) and the tokens of callers (third). On SQLite one text, where as entities the writer
    /// would be woken four times; on PostgreSQL, three instead of four ways there and back.
    pub begin_group: Script,
    /// Saves what every group leaves and commits. One text on SQLite, two on PostgreSQL; as entities, a
    /// statement for each user, two more and the commit, while all others wait.
    pub save_and_commit: SaveAndCommit,
    /// Ends a group that changed nothing, on the connection that is kept.
    pub rollback: Script,
}

/// Statements that follow one another.
pub(super) struct Script {
    /// What it is about, for traces: operations and tables.
    pub summary: &'static str,
    /// What is sent at once, each with the number of parameters that are its own.
    pub texts: Vec<(String, usize)>,
}

static SQLITE: LazyLock<Statements> = LazyLock::new(|| Statements::write(Dialect::Sqlite));
static POSTGRES: LazyLock<Statements> = LazyLock::new(|| Statements::write(Dialect::Postgres));

impl Dialect {
    /// The statements for this database.
    pub(super) fn statements(self) -> &'static Statements {
        match self {
            Self::Sqlite => &SQLITE,
            Self::Postgres => &POSTGRES,
        }
    }
}

impl Statements {
    fn write(dialect: Dialect) -> Self {
        use users::Column::{ExternalId, Id, SiteId, Subject, UserNameKey};
        let rows = Rows { dialect, parameter: 1 };
        let by_external_id = users_by(rows, ExternalId);
        let touch = rows.update::<tokens::Entity>(&[tokens::Column::LastUsedAt]);
        let used_at = rows.value(&tokens::Column::LastUsedAt);
        let emails: Vec<_> = user_emails::Column::iter().collect();
        Self {
            users_by_id: users_by(rows, Id),
            users_by_name: users_by(rows, UserNameKey),
            users_by_external_id: format!(
                "{by_external_id} ORDER BY users.directory_deleted, users.id"
            ),
            users_known_by: users_known_by(rows),
            users_by_subject: users_by(rows, Subject),
            requests_by_id: rows.select::<requests::Entity>(
                &listed::<requests::Entity>(requests::Column::iter()),
                &keys::<requests::Entity>(),
            ),
            save_requests: insert_all::<requests::Entity>(dialect),
            save_standing_changes: insert_all::<standing_changes::Entity>(dialect),
            delete_users: rows.delete::<users::Entity>(&[SiteId, Id]),
            save_users: save_users(dialect),
            save_profiles: save_profiles(dialect),
            forget_emails: rows.delete::<user_emails::Entity>(&[
                user_emails::Column::SiteId,
                user_emails::Column::UserId,
            ]),
            save_emails: rows.insert::<user_emails::Entity>(&emails),
            count_members: rows.add::<sites::Entity>(&sites::MEMBERS),
            touch_tokens: format!("{touch} AND coalesce(tokens.last_used_at, 0) < {used_at}"),
            touch_service_tokens: touch_service_tokens(rows),
            groups_by_id: groups::by(rows, groups::Column::Id),
            groups_by_name: groups::by(rows, groups::Column::DisplayNameKey),
            named_members: group_members::named(rows),
            members_of: group_members::of(rows),
            groups_of: group_members::between(rows),
            groups_of_users: group_members::of_users(rows),
            save_groups: groups::save(rows),
            delete_groups: rows.delete::<groups::Entity>(&keys::<groups::Entity>()),
            save_members: group_members::insert(rows),
            delete_members: group_members::delete(rows),
            count_groups: rows.add::<sites::Entity>(&[sites::Column::GroupCount]),
            leave_groups: group_members::leave(rows),
            begin_group: begin_group(dialect),
            save_and_commit: save_and_commit(dialect),
            rollback: Script { summary: "ROLLBACK", texts: vec![("ROLLBACK".to_owned(), 0)] },
        }
    }
}

/// On PostgreSQL the rows are taken in the order in which groups hold those of their callers, or both could
/// wait for each other.
fn touch_service_tokens(rows: Rows) -> String {
    let used_at = rows.value(&service_tokens::Column::LastUsedAt);
    let touch = rows.update::<service_tokens::Entity>(&[service_tokens::Column::LastUsedAt]);
    let touch = format!("{touch} AND coalesce(service_tokens.last_used_at, 0) < {used_at}");
    if rows.dialect == Dialect::Sqlite {
        return touch;
    }
    let keys = keys::<service_tokens::Entity>();
    let held = rows.select::<service_tokens::Entity>("service_tokens.id AS held_id", &keys);
    format!(
        "WITH held AS MATERIALIZED ({held} ORDER BY service_tokens.service_id, service_tokens.id \
         FOR NO KEY UPDATE OF service_tokens) \
         {touch} AND service_tokens.id IN (SELECT held_id FROM held)"
    )
}

fn users_by(rows: Rows, key: users::Column) -> String {
    let columns = listed::<users::Entity>(users::read_columns());
    rows.select::<users::Entity>(&columns, &[users::Column::SiteId, key])
}

/// Each row is looked up by itself, in the index of external ids, however many users there are.
fn users_known_by(rows: Rows) -> String {
    let by = [users::Column::SiteId, users::Column::ExternalId];
    let [site, external_id] = by.map(|column| rows.value(&column));
    let columns = listed::<users::Entity>(users::read_columns());
    let source = rows.source(&by);
    match rows.dialect {
        Dialect::Postgres => format!(
            "SELECT {columns} FROM {source} CROSS JOIN LATERAL (SELECT elder.* FROM users AS elder \
             WHERE elder.site_id = {site} AND elder.external_id = {external_id} \
             AND NOT elder.directory_deleted ORDER BY elder.id LIMIT {MOST_KNOWN_ALIKE}) AS users"
        ),
        Dialect::Sqlite => {
            let one = |place: usize| {
                format!(
                    "SELECT {columns} FROM {source} CROSS JOIN users WHERE users.site_id = {site} \
                     AND users.id = (SELECT elder.id FROM users AS elder \
                     WHERE elder.site_id = {site} AND elder.external_id = {external_id} \
                     AND NOT elder.directory_deleted ORDER BY elder.id LIMIT 1 OFFSET {place})"
                )
            };
            let each: Vec<_> = (0..MOST_KNOWN_ALIKE).map(one).collect();
            each.join(" UNION ALL ")
        }
    }
}

/// Saves rows of so many columns, written for a document or for so many rows with their fields.
fn save(
    dialect: Dialect,
    width: usize,
    of_document: impl Fn(Rows) -> String,
    of_fields: impl Fn(FieldRows) -> String,
) -> SaveRows {
    match dialect {
        Dialect::Sqlite => {
            let by_size =
                BySize::new(|rows| of_fields(FieldRows { rows, texts: rows * width + 1 }));
            SaveRows::Fields { by_size, width }
        }
        Dialect::Postgres => SaveRows::Document(of_document(Rows { dialect, parameter: 1 })),
    }
}

fn insert_all<E: EntityTrait>(dialect: Dialect) -> SaveRows {
    let columns: Vec<_> = E::Column::iter().collect();
    let of_document = |rows: Rows| rows.insert::<E>(&columns);
    save(dialect, columns.len(), of_document, |rows| rows.insert::<E>(&columns))
}

fn save_profiles(dialect: Dialect) -> SaveRows {
    let columns = [&PROFILE[..], &STANDING].concat();
    let width = keyed::<users::Entity>(&columns).len();
    let of_document = |rows: Rows| rows.update::<users::Entity>(&columns);
    save(dialect, width, of_document, |rows| rows.update::<users::Entity>(&columns))
}

/// A later version of a user may differ in all but its key and when it was created.
fn save_users(dialect: Dialect) -> SaveRows {
    let columns: Vec<_> = users::Column::iter().collect();
    let keys = keys::<users::Entity>();
    let kept = [keys.as_slice(), &[users::Column::CreatedAt]].concat();
    let is_kept = |column: &users::Column| kept.iter().any(|kept| kept.as_str() == column.as_str());
    let others: Vec<_> = users::Column::iter().filter(|column| !is_kept(column)).collect();
    // Without a condition SQLite would take `ON` for that of a join.
    let or_update = |insert: String| {
        format!(
            "{insert} WHERE true ON CONFLICT ({}) DO UPDATE SET {}",
            joined(&keys, ", ", |key| key.as_str().to_owned()),
            joined(&others, ", ", |column| format!("{0} = excluded.{0}", column.as_str()))
        )
    };
    let of_document = |rows: Rows| or_update(rows.insert::<users::Entity>(&columns));
    let of_fields = |rows: FieldRows| or_update(rows.insert::<users::Entity>(&columns));
    save(dialect, columns.len(), of_document, of_fields)
}

/// What is read behind the lock is as the last writer left it. A foreign key to `sites` waits for this lock
/// on PostgreSQL, so what is written outside of groups to a table that has one is about one site at a time
/// (`standing_fills.rs`).
fn begin_group(dialect: Dialect) -> Script {
    let rows = |parameter| Rows { dialect, parameter };
    let columns = listed::<sites::Entity>(sites::Column::iter());
    let texts = match dialect {
        // Between two statements of one text nobody has to be woken to send the next one, which
        // would take about as long as the statement itself.
        Dialect::Sqlite => {
            let sites = format!(
                "SELECT {columns} FROM jsonb_each($1) AS r CROSS JOIN sites \
                 WHERE sites.id = r.value AND sites.deleted_at IS NULL ORDER BY sites.id"
            );
            let users = users_by(rows(2), users::Column::Id);
            let tokens = callers(rows(3), "tokens.site_id, tokens.id, tokens.expires_at");
            vec![(format!("BEGIN IMMEDIATE; {sites}; {users}; {tokens}"), 3)]
        }
        Dialect::Postgres => {
            let sites = format!(
                "SELECT {columns} FROM sites WHERE sites.id = ANY \
                 (ARRAY(SELECT value::bigint FROM json_array_elements_text($1::json))) \
                 AND sites.deleted_at IS NULL ORDER BY sites.id FOR UPDATE"
            );
            vec![("BEGIN".to_owned(), 0), (sites, 1), (users_and_callers(rows(1), rows(2)), 2)]
        }
    };
    Script { summary: "SELECT sites users", texts }
}

/// Tokens that open something, unless they have expired.
fn callers(rows: Rows, listed: &str) -> String {
    use tokens::Column::{Id, SiteId};
    let tokens = rows.select::<tokens::Entity>(listed, &[SiteId, Id]);
    format!("{tokens} AND tokens.revoked_at IS NULL")
}

/// Both in one statement, which saves a way to the database and back.
fn users_and_callers(users: Rows, tokens: Rows) -> String {
    let listed_users = listed::<users::Entity>(users::read_columns());
    let columns: Vec<_> = users::read_columns().collect();
    let listed_tokens = joined(&columns, ", ", |column| {
        let column = match column {
            users::Column::SiteId => "tokens.site_id",
            users::Column::Id => "tokens.id",
            _ => "NULL",
        };
        column.to_owned()
    });
    let users = users.select::<users::Entity>(
        &format!("{listed_users}, NULL::bigint AS expires_at"),
        &[users::Column::SiteId, users::Column::Id],
    );
    let tokens = callers(tokens, &format!("{listed_tokens}, tokens.expires_at"));
    format!("{users} UNION ALL {tokens}")
}

fn save_and_commit(dialect: Dialect) -> SaveAndCommit {
    let lines: Vec<_> = events::Column::iter().collect();
    let rows = |parameter| Rows { dialect, parameter };
    let script = |summary, texts| Script { summary, texts };
    match dialect {
        Dialect::Sqlite => {
            let widths = [keyed::<users::Entity>(&STANDING).len(), lines.len()];
            let all = widths.iter().sum::<usize>();
            let both = |rows| {
                let rows = FieldRows { rows, texts: rows * all + 1 };
                let standings = rows.update::<users::Entity>(&STANDING);
                format!("{standings}; {}", rows.insert::<events::Entity>(&lines))
            };
            let beginning = |size| script(BOTH, vec![(both(size), size * all + 1)]);
            let last = |size| {
                let parameters = size * all + 2;
                let heads = rows(parameters).update::<sites::Entity>(&sites::HEAD);
                script(ALL, vec![(format!("{}; {heads}; COMMIT", both(size)), parameters)])
            };
            SaveAndCommit::Fields {
                beginning: beginning(MOST_ROWS),
                by_size: BySize::new(last),
                widths,
            }
        }
        Dialect::Postgres => {
            let standings = rows(1).update::<users::Entity>(&STANDING);
            let lines = rows(2).insert::<events::Entity>(&lines);
            let heads = rows(3).update::<sites::Entity>(&sites::HEAD);
            let saved = format!("WITH standings AS ({standings}), lines AS ({lines}) {heads}");
            let texts = vec![(saved, 3), ("COMMIT".to_owned(), 0)];
            SaveAndCommit::Documents(script(ALL, texts))
        }
    }
}

const BOTH: &str = "UPDATE users INSERT events";
const ALL: &str = "UPDATE users INSERT events UPDATE sites COMMIT";
