//! The SQL by which a group begins, and by which it is saved and committed.
//!
//! On SQLite a script is one text: between two statements nobody has to be woken to send the next
//! one, which would take about as long as the statement itself. An UPDATE says `OR FAIL`: a script that
//! fails is undone with its whole transaction, so SQLite need not keep what would undo the statement
//! alone. (For an INSERT it keeps that all the same, because of the foreign key.) Must never know when
//! which runs.

use super::dialect::Script;
use super::statements::{standing, users_by_id};
use super::users::user_columns;

/// For SQLite: saves users of whom nothing but the standing changed.
macro_rules! save_standings {
    ($rows:literal) => {
        concat!(
            "UPDATE OR FAIL users SET ",
            standing!("r.value ->> '", "'"),
            " FROM jsonb_each(",
            $rows,
            ") AS r WHERE users.site_id = r.value ->> 'site_id' \
             AND users.id = unhex(r.value ->> 'id')"
        )
    };
}

/// For SQLite: new lines of ledgers, and the revisions that sites have come to with them.
macro_rules! append {
    ($lines:literal, $revisions:literal) => {
        concat!(
            "INSERT INTO events (site_id, revision, user_id, at, caller, kind, outcome, notices, \
             body, trace_id) \
             SELECT value ->> 'site_id', value ->> 'revision', unhex(value ->> 'user_id'), \
             value ->> 'at', value ->> 'caller', value ->> 'kind', value ->> 'outcome', \
             value ->> 'notices', value ->> 'body', value ->> 'trace_id' FROM jsonb_each(",
            $lines,
            "); UPDATE OR FAIL sites SET revision = r.value ->> 'revision' FROM jsonb_each(",
            $revisions,
            ") AS r WHERE sites.id = r.value ->> 'site_id'"
        )
    };
}

/// The same for PostgreSQL, behind `WITH`.
macro_rules! append_on_postgres {
    ($lines:literal, $revisions:literal) => {
        concat!(
            "lines AS (INSERT INTO events (site_id, revision, user_id, at, caller, kind, outcome, \
             notices, body, trace_id) \
             SELECT site_id, revision, user_id, at, caller, kind, outcome, notices, body, \
             trace_id FROM json_to_recordset(",
            $lines,
            "::json) AS r(site_id bigint, revision bigint, user_id uuid, at bigint, caller text, \
             kind text, outcome text, notices text, body text, \
             trace_id text)) UPDATE sites SET revision = r.revision FROM json_to_recordset(",
            $revisions,
            "::json) AS r(site_id bigint, revision bigint) WHERE sites.id = r.site_id"
        )
    };
}

macro_rules! site_columns {
    () => {
        "s.id, s.name, s.revision, s.user_count, s.user_turnover, s.enabled, \
         s.allow_moderator_promotion, s.allow_admin_promotion, s.creation, s.deletion, \
         s.refusals, s.protected_user_names, s.created_at"
    };
}

/// Begins a group: locks sites (`$1`), whose writers thereby take turns, and loads users (`$2`) and
/// the tokens of callers (`$3`). What is read behind the lock is as the last writer left it. On
/// PostgreSQL, users and tokens share a statement, which saves a way there and back.
pub(super) const BEGIN_GROUP: Script = Script {
    summary: "SELECT sites users",
    sqlite: concat!(
        "BEGIN IMMEDIATE; SELECT ",
        site_columns!(),
        " FROM jsonb_each($1) AS k CROSS JOIN sites AS s WHERE s.id = k.value ORDER BY s.id; ",
        users_by_id!("$2"),
        "; SELECT t.site_id, t.id, t.expires_at FROM jsonb_each($3) AS k CROSS JOIN tokens AS t \
         WHERE t.id = unhex(k.value ->> 'id') AND t.site_id = k.value ->> 'site_id' \
         AND t.revoked_at IS NULL"
    ),
    postgres: &[
        ("BEGIN", 0),
        (
            concat!(
                "SELECT ",
                site_columns!(),
                " FROM sites AS s WHERE s.id = ANY \
                 (ARRAY(SELECT value::bigint FROM json_array_elements_text($1::json))) \
                 ORDER BY s.id FOR UPDATE"
            ),
            1,
        ),
        (
            concat!(
                "SELECT ",
                user_columns!(),
                ", NULL::bigint AS expires_at \
                 FROM json_to_recordset($1::json) AS k(site_id bigint, id uuid) \
                 JOIN users AS u ON u.site_id = k.site_id AND u.id = k.id \
                 UNION ALL SELECT t.site_id, t.id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
                 NULL, NULL, NULL, t.expires_at \
                 FROM json_to_recordset($2::json) AS k(site_id bigint, id uuid) \
                 JOIN tokens AS t ON t.id = k.id AND t.site_id = k.site_id \
                 WHERE t.revoked_at IS NULL"
            ),
            2,
        ),
    ],
};

/// Saves what every group leaves and commits: users of whom nothing but the standing changed
/// (`$1`), lines of ledgers (`$2`), and the revisions that sites have come to (`$3`).
pub(super) const SAVE_AND_COMMIT: Script = Script {
    summary: "UPDATE users INSERT events UPDATE sites COMMIT",
    sqlite: concat!(save_standings!("$1"), "; ", append!("$2", "$3"), "; COMMIT"),
    postgres: &[
        (
            concat!(
                "WITH standings AS (UPDATE users SET ",
                standing!("r.", ""),
                " FROM json_to_recordset($1::json) AS r(site_id bigint, id uuid, \
                 directory_active boolean, active boolean, role smallint, unmet text, \
                 version bigint, updated_at bigint) \
                 WHERE users.site_id = r.site_id AND users.id = r.id), ",
                append_on_postgres!("$2", "$3")
            ),
            3,
        ),
        ("COMMIT", 0),
    ],
};

/// Ends a group that changed nothing.
pub(super) const ROLLBACK: Script =
    Script { summary: "ROLLBACK", sqlite: "ROLLBACK", postgres: &[("ROLLBACK", 0)] };
