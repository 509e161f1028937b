//! Sites, their connections and tokens, users and the ledger.
//!
//! Times are microseconds since the Unix epoch (UTC). Columns of JSON are `text`: they are
//! written and read as whole documents.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for table in [
            sites(),
            connections(),
            tokens(backend),
            users(backend),
            user_emails(backend),
            events(backend),
        ] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        if backend == DbBackend::Postgres {
            // Room for a changed row beside the old one, so that no index has to be told.
            let room = "ALTER TABLE users SET (fillfactor = 80)";
            manager.get_connection().execute_unprepared(room).await?;
        }
        Ok(())
    }
}

/// `revision` is the position of the last event in the site's ledger; the row is also the lock
/// under which a site's writers take turns. `user_count` spares every page of a list that counts
/// the whole site anew, and `user_turnover`, which grows with everybody who comes or goes, tells
/// whether the position of a user in the list is still what it was.
fn sites() -> TableCreateStatement {
    Table::create()
        .table(Sites::Table)
        .col(ColumnDef::new(Sites::Id).big_integer().not_null().auto_increment().primary_key())
        .col(text(Sites::Name).unique_key())
        .col(big_integer(Sites::Revision).default(0))
        .col(big_integer(Sites::UserCount).default(0))
        .col(big_integer(Sites::UserTurnover).default(0))
        .col(boolean(Sites::Enabled))
        .col(boolean(Sites::AllowModeratorPromotion))
        .col(boolean(Sites::AllowAdminPromotion))
        .col(small_integer(Sites::Creation))
        .col(small_integer(Sites::Deletion))
        .col(small_integer(Sites::Refusals))
        .col(text(Sites::ProtectedUserNames))
        .col(big_integer(Sites::CreatedAt))
        .to_owned()
}

fn connections() -> TableCreateStatement {
    Table::create()
        .table(Connections::Table)
        .col(
            ColumnDef::new(Connections::Id).big_integer().not_null().auto_increment().primary_key(),
        )
        .col(big_integer(Connections::SiteId))
        .col(text(Connections::Name))
        .col(big_integer(Connections::CreatedAt))
        .index(
            Index::create()
                .unique()
                .name("connections_site_id_name_key")
                .col(Connections::SiteId)
                .col(Connections::Name),
        )
        .foreign_key(&mut belongs_to_site(Connections::Table, Connections::SiteId))
        .to_owned()
}

/// Of a token's value only the SHA-256 hash is kept.
fn tokens(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table(Tokens::Table)
        .col(uuid(Tokens::Id, backend).not_null().primary_key())
        .col(big_integer(Tokens::SiteId))
        .col(big_integer(Tokens::ConnectionId))
        .col(text(Tokens::Name))
        .col(ColumnDef::new(Tokens::Hash).blob().not_null().unique_key())
        .col(big_integer(Tokens::CreatedAt))
        .col(big_integer_null(Tokens::ExpiresAt))
        .col(big_integer_null(Tokens::LastUsedAt))
        .col(big_integer_null(Tokens::RevokedAt))
        .foreign_key(&mut belongs_to_site(Tokens::Table, Tokens::SiteId))
        .foreign_key(
            ForeignKey::create()
                .from(Tokens::Table, Tokens::ConnectionId)
                .to(Connections::Table, Connections::Id),
        )
        .to_owned()
}

/// `active` is the effective status. `user_name_key` is what user names are compared by.
fn users(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table(Users::Table)
        .col(big_integer(Users::SiteId))
        .col(uuid(Users::Id, backend).not_null())
        .col(text(Users::UserName))
        .col(text(Users::UserNameKey))
        .col(text_null(Users::ExternalId))
        .col(boolean(Users::DirectoryActive))
        .col(boolean(Users::Active))
        .col(small_integer(Users::Role))
        .col(text(Users::Holds))
        .col(text(Users::Profile))
        .col(text(Users::Unmet))
        .col(big_integer(Users::Version))
        .col(big_integer(Users::CreatedAt))
        .col(big_integer(Users::UpdatedAt))
        .primary_key(Index::create().col(Users::SiteId).col(Users::Id))
        .index(
            Index::create()
                .unique()
                .name("users_site_id_user_name_key_key")
                .col(Users::SiteId)
                .col(Users::UserNameKey),
        )
        .foreign_key(&mut belongs_to_site(Users::Table, Users::SiteId))
        .to_owned()
}

/// Narrows look-ups by e-mail address to a few users; derived from `users.profile`.
fn user_emails(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table(UserEmails::Table)
        .col(big_integer(UserEmails::SiteId))
        .col(text(UserEmails::ValueKey))
        .col(uuid(UserEmails::UserId, backend).not_null())
        .primary_key(
            Index::create()
                .col(UserEmails::SiteId)
                .col(UserEmails::ValueKey)
                .col(UserEmails::UserId),
        )
        .foreign_key(
            ForeignKey::create()
                .from(UserEmails::Table, (UserEmails::SiteId, UserEmails::UserId))
                .to(Users::Table, (Users::SiteId, Users::Id))
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

/// The ledger. `user_id` points at nobody once the user is deleted: the ledger stays. Events are
/// only appended and nothing but their key is indexed: an index by user takes a page anywhere in
/// it for every change, which cost a quarter to a third of all durable writes.
fn events(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table(Events::Table)
        .col(big_integer(Events::SiteId))
        .col(big_integer(Events::Revision))
        .col(uuid(Events::UserId, backend).null())
        .col(big_integer(Events::At))
        .col(text(Events::Caller))
        .col(text(Events::Kind))
        .col(text(Events::Outcome))
        .col(text(Events::Notices))
        .col(text(Events::Asked))
        .col(text_null(Events::Before))
        .col(text_null(Events::After))
        .col(text_null(Events::TraceId))
        .primary_key(Index::create().col(Events::SiteId).col(Events::Revision))
        .foreign_key(&mut belongs_to_site(Events::Table, Events::SiteId))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 4] {
    [
        Index::create()
            .name("tokens_site_id_idx")
            .table(Tokens::Table)
            .col(Tokens::SiteId)
            .to_owned(),
        // With the id, in whose order lists come: without it a database may rather walk the
        // whole site in that order.
        Index::create()
            .name("users_site_id_external_id_id_idx")
            .table(Users::Table)
            .col(Users::SiteId)
            .col(Users::ExternalId)
            .col(Users::Id)
            .to_owned(),
        // Few users are Admins (role 3), and who is left of them is asked at every demotion.
        // Not about `active`: a status that changes then touches no index at all.
        Index::create()
            .name("users_admins_idx")
            .table(Users::Table)
            .col(Users::SiteId)
            .and_where(Expr::cust("role = 3"))
            .to_owned(),
        Index::create()
            .name("user_emails_site_id_user_id_idx")
            .table(UserEmails::Table)
            .col(UserEmails::SiteId)
            .col(UserEmails::UserId)
            .to_owned(),
    ]
}

fn belongs_to_site(table: impl IntoTableRef, column: impl IntoIden) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, column).to(Sites::Table, Sites::Id).to_owned()
}

fn text(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).text().not_null().to_owned()
}

fn text_null(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).text().null().to_owned()
}

fn big_integer(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).big_integer().not_null().to_owned()
}

fn big_integer_null(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).big_integer().null().to_owned()
}

fn small_integer(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).small_integer().not_null().to_owned()
}

fn boolean(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).boolean().not_null().to_owned()
}

/// SQLite has no UUID type: there it is 16 bytes.
fn uuid(column: impl IntoIden, backend: DbBackend) -> ColumnDef {
    let mut definition = ColumnDef::new(column);
    if backend == DbBackend::Sqlite {
        definition.blob();
    } else {
        definition.uuid();
    }
    definition
}

#[derive(DeriveIden)]
enum Sites {
    Table,
    Id,
    Name,
    Revision,
    UserCount,
    UserTurnover,
    Enabled,
    AllowModeratorPromotion,
    AllowAdminPromotion,
    Creation,
    Deletion,
    Refusals,
    ProtectedUserNames,
    CreatedAt,
}

#[derive(DeriveIden)]
enum Connections {
    Table,
    Id,
    SiteId,
    Name,
    CreatedAt,
}

#[derive(DeriveIden)]
enum Tokens {
    Table,
    Id,
    SiteId,
    ConnectionId,
    Name,
    Hash,
    CreatedAt,
    ExpiresAt,
    LastUsedAt,
    RevokedAt,
}

#[derive(DeriveIden)]
enum Users {
    Table,
    SiteId,
    Id,
    UserName,
    UserNameKey,
    ExternalId,
    DirectoryActive,
    Active,
    Role,
    Holds,
    Profile,
    Unmet,
    Version,
    CreatedAt,
    UpdatedAt,
}

#[derive(DeriveIden)]
enum UserEmails {
    Table,
    SiteId,
    ValueKey,
    UserId,
}

#[derive(DeriveIden)]
enum Events {
    Table,
    SiteId,
    Revision,
    UserId,
    At,
    Caller,
    Kind,
    Outcome,
    Notices,
    Asked,
    Before,
    After,
    TraceId,
}
