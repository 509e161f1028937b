//! Profiles become plain objects of values by name, in `users.profile` and in the ledger.
//!
//! Before: `{"texts":{"title":"x"},"lists":{"emails":[{"texts":{"value":"a@x"},"primary":true}]}}`.
//! After: `{"emails":[{"primary":true,"value":"a@x"}],"title":"x"}`; in the ledger this stands as
//! `attributes`, where `null` tells of a value that was not there.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, Statement};

/// So many rows of SQLite are rewritten by one statement, at most.
const PIECE: i64 = 10_000;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let backend = manager.get_database_backend();
        let users = format!(
            "UPDATE users SET profile = {} WHERE profile <> '{{}}'",
            attributes("users.profile", backend)
        );
        rewrite(connection, "users", &users).await?;
        for column in ["before", "after"] {
            let events = format!(
                "UPDATE events SET {column} = {} \
                 WHERE ({column} LIKE '%\"texts\":%' OR {column} LIKE '%\"lists\":%')",
                snapshot(&format!("events.{column}"), backend)
            );
            rewrite(connection, "events", &events).await?;
        }
        Ok(())
    }
}

/// Rewrites a table; on SQLite in pieces, because it keeps in memory what would undo a statement.
async fn rewrite(
    connection: &SchemaManagerConnection<'_>,
    table: &str,
    update: &str,
) -> Result<(), DbErr> {
    if connection.get_database_backend() == DbBackend::Postgres {
        connection.execute_unprepared(update).await?;
        return Ok(());
    }
    let last = format!("SELECT coalesce(max(rowid), 0) FROM {table}");
    let last = Statement::from_string(DbBackend::Sqlite, last);
    let last = connection.query_one_raw(last).await?;
    let last: i64 = last.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
    let mut first = 0;
    while first <= last {
        let next = first + PIECE;
        let piece = format!("{update} AND rowid >= {first} AND rowid < {next}");
        connection.execute_unprepared(&piece).await?;
        first = next;
    }
    Ok(())
}

/// A document with texts and lists as an object of values by name. Empty ones become `null`: only
/// the ledger has them.
fn attributes(document: &str, backend: DbBackend) -> String {
    match backend {
        DbBackend::Postgres => format!(
            "(SELECT coalesce(json_object_agg(name, value ORDER BY name)::text, '{{}}') FROM (\
             SELECT t.key AS name, CASE WHEN t.value #>> '{{}}' = '' THEN 'null'::json \
             ELSE t.value END AS value FROM json_each({document}::json -> 'texts') AS t \
             UNION ALL SELECT l.key, coalesce((SELECT json_agg(coalesce((e.value -> 'texts')::jsonb, \
             '{{}}') || CASE WHEN (e.value ->> 'primary')::boolean \
             THEN '{{\"primary\":true}}'::jsonb ELSE '{{}}' END ORDER BY e.ordinality) \
             FROM json_array_elements(l.value) WITH ORDINALITY AS e), 'null'::json) \
             FROM json_each({document}::json -> 'lists') AS l) AS entries)"
        ),
        _ => format!(
            "(SELECT json_group_object(name, json(value)) FROM (\
             SELECT t.key AS name, iif(t.value = '', 'null', json_quote(t.value)) AS value \
             FROM json_each({document}, '$.texts') AS t \
             UNION ALL SELECT l.key, iif(json_array_length(l.value) = 0, 'null', \
             (SELECT json_group_array(json(json_patch(coalesce(e.value -> '$.texts', '{{}}'), \
             iif(e.value ->> '$.primary', '{{\"primary\":true}}', '{{}}')))) \
             FROM json_each(l.value) AS e)) \
             FROM json_each({document}, '$.lists') AS l ORDER BY name))"
        ),
    }
}

/// A user as an event shows them.
fn snapshot(document: &str, backend: DbBackend) -> String {
    let attributes = attributes(document, backend);
    match backend {
        DbBackend::Postgres => format!(
            "(({document}::jsonb - 'texts' - 'lists') \
             || jsonb_build_object('attributes', {attributes}::jsonb))::text"
        ),
        _ => format!(
            "json_set(json_remove({document}, '$.texts', '$.lists'), '$.attributes', \
             json({attributes}))"
        ),
    }
}
