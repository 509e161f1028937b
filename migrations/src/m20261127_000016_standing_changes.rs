//! Who was more than Registered, from when on and by whose decision (`standing_changes`), so that it is
//! told for any time without a look through the ledger.
//!
//! What the ledger says of before this step is written here, some events at a time.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DbBackend, QueryResult, Statement, prelude::Uuid};
use serde_json::Value as Json;
use std::collections::HashMap;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

/// The number of the role.
const REGISTERED: i16 = 1;

/// So many revisions of a site are looked at by one statement.
const PIECE: i64 = 5_000;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(standing_changes(manager.get_database_backend())).await?;
        let sql = "SELECT site_id, min(revision), max(revision) FROM events GROUP BY site_id";
        for row in query(manager, sql.to_owned()).await? {
            let ledger = Ledger {
                site: row.try_get_by_index(0)?,
                first: row.try_get_by_index(1)?,
                last: row.try_get_by_index(2)?,
            };
            let mut people = ledger.people(manager).await?;
            ledger.fill(manager, &mut people).await?;
        }
        Ok(())
    }
}

/// The events of a site.
struct Ledger {
    site: i64,
    first: i64,
    last: i64,
}

/// What the events so far told of a user.
struct KnownStanding {
    user_name: String,
    role: i16,
    active: bool,
}

impl Ledger {
    /// Those who ever were more than Registered. Of all others nothing is kept.
    async fn people(
        &self,
        manager: &SchemaManager<'_>,
    ) -> Result<HashMap<Uuid, KnownStanding>, DbErr> {
        let privileged =
            "(body LIKE '%\"role\":\"Moderator\"%' OR body LIKE '%\"role\":\"Admin\"%')";
        let mut people = HashMap::new();
        for done in self.pieces() {
            let sql = format!("SELECT DISTINCT user_id FROM events WHERE {}", self.within(done));
            for row in query(manager, format!("{sql} AND {privileged}")).await? {
                people.insert(row.try_get_by_index(0)?, KnownStanding::NOTHING);
            }
        }
        Ok(people)
    }

    async fn fill(
        &self,
        manager: &SchemaManager<'_>,
        people: &mut HashMap<Uuid, KnownStanding>,
    ) -> Result<(), DbErr> {
        if people.is_empty() {
            return Ok(());
        }
        let about = "(kind = 'user_deleted' OR body LIKE '%\"role\":%' OR body LIKE '%\"active\":%' \
             OR body LIKE '%\"user_name\":%') ORDER BY revision";
        let columns = "user_id, body, revision, at, caller, on_behalf_of";
        for done in self.pieces() {
            let sql = format!("SELECT {columns} FROM events WHERE {}", self.within(done));
            for row in query(manager, format!("{sql} AND {about}")).await? {
                let user: Uuid = row.try_get_by_index(0)?;
                let Some(told) = people.get_mut(&user) else { continue };
                if let Some(change) = told.after(&row.try_get_by_index::<String>(1)?)? {
                    manager.execute(self.insert(&row, user, told, change)?).await?;
                }
            }
        }
        Ok(())
    }

    fn insert(
        &self,
        row: &QueryResult,
        user: Uuid,
        told: &KnownStanding,
        (role, active): Change,
    ) -> Result<InsertStatement, DbErr> {
        let columns = [
            "site_id",
            "user_id",
            "revision",
            "at",
            "role",
            "active",
            "caller",
            "on_behalf_of",
            "user_name",
        ];
        let values = [
            self.site.into(),
            user.into(),
            row.try_get_by_index::<i64>(2)?.into(),
            row.try_get_by_index::<i64>(3)?.into(),
            role.into(),
            active.into(),
            row.try_get_by_index::<String>(4)?.into(),
            row.try_get_by_index::<Option<Uuid>>(5)?.into(),
            told.user_name.clone().into(),
        ];
        let mut insert = Query::insert();
        insert.into_table("standing_changes").columns(columns);
        insert.values(values).map_err(|error| DbErr::Custom(error.to_string()))?;
        Ok(insert)
    }

    fn pieces(&self) -> impl Iterator<Item = i64> + use<> {
        (self.first - 1..self.last).step_by(usize::try_from(PIECE).unwrap_or(1))
    }

    fn within(&self, done: i64) -> String {
        let (site, end) = (self.site, done + PIECE);
        format!(
            "site_id = {site} AND revision > {done} AND revision <= {end} AND user_id IS NOT NULL"
        )
    }
}

/// The new role, if it is another, and whether the user is active, where that is to be told.
type Change = (Option<i16>, Option<bool>);

impl KnownStanding {
    const NOTHING: Self = Self { user_name: String::new(), role: REGISTERED, active: false };

    /// Takes in one more event, and answers what it changed.
    fn after(&mut self, body: &str) -> Result<Option<Change>, DbErr> {
        let body: Json =
            body.parse().map_err(|error| DbErr::Custom(format!("an event's body: {error}")))?;
        let (was, was_active) = (self.role, self.active);
        let after = &body["after"];
        if let Some(name) = after["user_name"].as_str() {
            name.clone_into(&mut self.user_name);
        }
        self.active = after["active"].as_bool().unwrap_or(self.active);
        self.role = match after["role"].as_str() {
            Some("Registered") => REGISTERED,
            Some("Moderator") => 2,
            Some("Admin") => 3,
            _ => was,
        };
        if body["kind"] == "user_deleted" && body["before"].is_object() {
            self.role = REGISTERED;
        }
        let is_told = self.role > REGISTERED && (was == REGISTERED || was_active != self.active);
        let role = (was != self.role).then_some(self.role);
        let active = is_told.then_some(self.active);
        Ok((role.is_some() || active.is_some()).then_some((role, active)))
    }
}

async fn query(manager: &SchemaManager<'_>, sql: String) -> Result<Vec<QueryResult>, DbErr> {
    let statement = Statement::from_string(manager.get_database_backend(), sql);
    manager.get_connection().query_all_raw(statement).await
}

fn standing_changes(backend: DbBackend) -> TableCreateStatement {
    let number = |column| ColumnDef::new(column).big_integer().not_null().to_owned();
    let text = |column| ColumnDef::new(column).text().not_null().to_owned();
    let uuid = |column| {
        let mut column = ColumnDef::new(column);
        match backend {
            DbBackend::Postgres => column.uuid().to_owned(),
            _ => column.blob().to_owned(),
        }
    };
    Table::create()
        .table("standing_changes")
        .col(number("site_id"))
        .col(uuid("user_id").not_null())
        .col(number("revision"))
        .col(number("at"))
        .col(ColumnDef::new("role").small_integer().null())
        .col(ColumnDef::new("active").boolean().null())
        .col(text("caller"))
        .col(uuid("on_behalf_of").null())
        .col(text("user_name"))
        .primary_key(Index::create().col("site_id").col("user_id").col("revision"))
        .foreign_key(ForeignKey::create().from("standing_changes", "site_id").to("sites", "id"))
        .to_owned()
}
