//! Profiles whose texts compare in another form than that of their ASCII letters in lower case
//! are kept in that form, too: `users.profile_folded`, which is null for all others.
//!
//! No database folds all letters as the law does, so what is there already is folded here, as the
//! law did at this step; so are the addresses that users are found by.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{Statement, Value, prelude::Uuid};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization as _;

/// So many users are read by one statement, at most.
const PIECE: u32 = 1_000;
/// The longest key of an address, in characters.
const MAX_EMAIL_KEY: usize = 320;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = ColumnDef::new("profile_folded").text().null().to_owned();
        let table = Table::alter().table("users").add_column(column).to_owned();
        manager.alter_table(table).await?;
        let mut after = None;
        loop {
            let users = beyond_ascii(manager, after).await?;
            let Some(last) = users.last() else { return Ok(()) };
            after = Some((last.site, last.id));
            for user in &users {
                fold_user(manager, user).await?;
            }
        }
    }
}

struct WideUser {
    site: i64,
    id: Uuid,
    profile: String,
}

/// The next users with texts of more than ASCII, by their keys.
async fn beyond_ascii(
    manager: &SchemaManager<'_>,
    after: Option<(i64, Uuid)>,
) -> Result<Vec<WideUser>, DbErr> {
    let (site, id) = after.unwrap_or((i64::MIN, Uuid::nil()));
    let sql = format!(
        "SELECT site_id, id, profile FROM users \
         WHERE octet_length(profile) <> length(profile) AND (site_id, id) > ($1, $2) \
         ORDER BY site_id, id LIMIT {PIECE}"
    );
    let statement = statement(manager, &sql, [site.into(), id.into()]);
    let rows = manager.get_connection().query_all_raw(statement).await?;
    let read = rows.iter().map(|row| {
        let [site, id, profile] = [0, 1, 2];
        Ok(WideUser {
            site: row.try_get_by_index(site)?,
            id: row.try_get_by_index(id)?,
            profile: row.try_get_by_index(profile)?,
        })
    });
    read.collect()
}

/// Leaves alone whom the databases fold well enough.
async fn fold_user(manager: &SchemaManager<'_>, user: &WideUser) -> Result<(), DbErr> {
    let WideUser { site, id, profile } = user;
    let mut document: Json =
        profile.parse().map_err(|error| DbErr::Custom(format!("the profile of {id}: {error}")))?;
    if !differs(&document) {
        return Ok(());
    }
    fold(&mut document);
    let database = manager.get_connection();
    let key = || [(*site).into(), (*id).into()];
    let [site, id] = key();
    let update = "UPDATE users SET profile_folded = $3 WHERE site_id = $1 AND id = $2";
    let values = [site, id, document.to_string().into()];
    database.execute_raw(statement(manager, update, values)).await?;
    let forget = "DELETE FROM user_emails WHERE site_id = $1 AND user_id = $2";
    database.execute_raw(statement(manager, forget, key())).await?;
    let keep = "INSERT INTO user_emails (site_id, user_id, value_key) VALUES ($1, $2, $3)";
    for address in addresses(&document) {
        let [site, id] = key();
        let values = [site, id, address.into()];
        database.execute_raw(statement(manager, keep, values)).await?;
    }
    Ok(())
}

fn addresses(folded: &Json) -> BTreeSet<String> {
    let emails = folded["emails"].as_array().into_iter().flatten();
    let addresses = emails.filter_map(|email| email["value"].as_str());
    addresses.map(|address| address.chars().take(MAX_EMAIL_KEY).collect()).collect()
}

fn differs(value: &Json) -> bool {
    match value {
        Json::String(text) => folded(text) != text.to_ascii_lowercase(),
        Json::Array(elements) => elements.iter().any(differs),
        Json::Object(members) => members.values().any(differs),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

fn fold(value: &mut Json) {
    match value {
        Json::String(text) => *text = folded(text),
        Json::Array(elements) => elements.iter_mut().for_each(fold),
        Json::Object(members) => members.values_mut().for_each(fold),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// Lower case of NFC, in NFC.
fn folded(text: &str) -> String {
    text.nfc().collect::<String>().to_lowercase().nfc().collect()
}

fn statement<const N: usize>(
    manager: &SchemaManager<'_>,
    sql: &str,
    values: [Value; N],
) -> Statement {
    Statement::from_sql_and_values(manager.get_database_backend(), sql, values)
}
