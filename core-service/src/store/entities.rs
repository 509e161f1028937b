//! The rows of tables, as sea-orm reads and writes them.
//!
//! Users are written, and looked up one by one, in groups, by statements of their own; so are
//! events.

/// A site and what connections may do in it.
pub(super) mod sites {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sites")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(unique)]
        pub name: String,
        pub revision: i64,
        pub user_count: i64,
        pub user_turnover: i64,
        pub enabled: bool,
        pub allow_moderator_promotion: bool,
        pub allow_admin_promotion: bool,
        pub creation: i16,
        pub deletion: i16,
        pub refusals: i16,
        pub protected_user_names: String,
        pub created_at: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// An identity provider's link to a site.
pub(super) mod connections {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "connections")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub site_id: i64,
        pub name: String,
        pub created_at: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A bearer token of a connection, without its value.
pub(super) mod tokens {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tokens")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub site_id: i64,
        pub connection_id: i64,
        pub name: String,
        #[sea_orm(unique)]
        pub hash: Vec<u8>,
        pub created_at: i64,
        pub expires_at: Option<i64>,
        pub last_used_at: Option<i64>,
        pub revoked_at: Option<i64>,
        #[sea_orm(belongs_to, from = "connection_id", to = "id")]
        pub connection: BelongsTo<super::connections::Entity>,
        #[sea_orm(belongs_to, from = "site_id", to = "id")]
        pub site: BelongsTo<super::sites::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// An account in a site.
pub(super) mod users {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub site_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_name: String,
        pub user_name_key: String,
        pub external_id: Option<String>,
        pub directory_active: bool,
        pub active: bool,
        pub role: i16,
        pub holds: String,
        pub profile: String,
        pub unmet: String,
        pub version: i64,
        pub created_at: i64,
        pub updated_at: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// By which addresses users are found.
pub(super) mod user_emails {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_emails")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub site_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub value_key: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A line of a site's ledger.
pub(super) mod events {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "events")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub site_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub revision: i64,
        pub user_id: Option<Uuid>,
        pub at: i64,
        pub caller: String,
        pub kind: String,
        pub outcome: String,
        pub notices: String,
        pub body: String,
        pub trace_id: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
