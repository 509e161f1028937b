//! The SQL by which users are read and written in groups, for both databases; how a group begins
//! and ends is in `scripts.rs`. Must never know who is looked for, or why.
//!
//! A parameter is a JSON array of objects, however many rows a statement is about: so its text is
//! constant and its prepared form is found again. `json` rather than `jsonb` on PostgreSQL keeps
//! the documents inside the objects as they were written.
//!
//! On SQLite `jsonb_each` (since 3.51, which is what is built in) reads the array once, where
//! `json_each` would write each object out as text, to be read again for every column.

use super::dialect::Sql;
use super::users::user_columns;

/// For SQLite. The order of the cross join makes it start at the keys.
macro_rules! users_by_id {
    ($keys:literal) => {
        concat!(
            "SELECT ",
            user_columns!(),
            " FROM jsonb_each(",
            $keys,
            ") AS k CROSS JOIN users AS u \
             WHERE u.site_id = k.value ->> 'site_id' AND u.id = unhex(k.value ->> 'id')"
        )
    };
}
pub(super) use users_by_id;

/// Users by site and id.
pub(super) const USERS_BY_ID: Sql = Sql {
    sqlite: users_by_id!("$1"),
    postgres: concat!(
        "SELECT ",
        user_columns!(),
        " FROM json_to_recordset($1::json) AS k(site_id bigint, id uuid) \
         JOIN users AS u ON u.site_id = k.site_id AND u.id = k.id"
    ),
};

/// Users by site and the key of their user name.
pub(super) const USERS_BY_NAME: Sql = Sql {
    sqlite: concat!(
        "SELECT ",
        user_columns!(),
        " FROM jsonb_each($1) AS k CROSS JOIN users AS u \
         WHERE u.site_id = k.value ->> 'site_id' AND u.user_name_key = k.value ->> 'key'"
    ),
    postgres: concat!(
        "SELECT ",
        user_columns!(),
        " FROM json_to_recordset($1::json) AS k(site_id bigint, key text) \
         JOIN users AS u ON u.site_id = k.site_id AND u.user_name_key = k.key"
    ),
};

/// Users by site and external id. It need not be unique: the eldest comes first.
pub(super) const USERS_BY_EXTERNAL_ID: Sql = Sql {
    sqlite: concat!(
        "SELECT ",
        user_columns!(),
        " FROM jsonb_each($1) AS k CROSS JOIN users AS u \
         WHERE u.site_id = k.value ->> 'site_id' AND u.external_id = k.value ->> 'key' \
         ORDER BY u.id"
    ),
    postgres: concat!(
        "SELECT ",
        user_columns!(),
        " FROM json_to_recordset($1::json) AS k(site_id bigint, key text) \
         JOIN users AS u ON u.site_id = k.site_id AND u.external_id = k.key \
         ORDER BY u.id"
    ),
};

/// How many active Admins the site has that is the only element of the parameter. The text matches
/// the partial index on them.
pub(super) const ACTIVE_ADMINS: Sql = Sql {
    sqlite: "SELECT count(*) FROM users WHERE site_id = ($1 ->> 0) AND role = 3 AND active",
    postgres: "SELECT count(*) FROM users \
        WHERE site_id = CAST($1::json ->> 0 AS bigint) AND role = 3 AND active",
};

/// Deletes users, and by their foreign key their rows in the e-mail index.
pub(super) const DELETE_USERS: Sql = Sql {
    sqlite: "DELETE FROM users WHERE (site_id, id) IN \
        (SELECT value ->> 'site_id', unhex(value ->> 'id') FROM jsonb_each($1))",
    postgres: "DELETE FROM users AS u \
        USING json_to_recordset($1::json) AS k(site_id bigint, id uuid) \
        WHERE u.site_id = k.site_id AND u.id = k.id",
};

/// What of a user a later version may differ in: all but its key and when it was created.
macro_rules! on_conflict_replace {
    () => {
        " ON CONFLICT (site_id, id) DO UPDATE SET user_name = excluded.user_name, \
         user_name_key = excluded.user_name_key, external_id = excluded.external_id, \
         directory_active = excluded.directory_active, active = excluded.active, \
         role = excluded.role, holds = excluded.holds, profile = excluded.profile, \
         profile_folded = excluded.profile_folded, unmet = excluded.unmet, \
         version = excluded.version, updated_at = excluded.updated_at"
    };
}

macro_rules! insert_users {
    () => {
        "INSERT INTO users (site_id, id, user_name, user_name_key, external_id, \
         directory_active, active, role, holds, profile, profile_folded, unmet, version, \
         created_at, updated_at) "
    };
}

/// The columns of a user's standing: what an identity provider changes most, and no index but
/// that of the Admins is about. Updating no others spares the indexes and, on PostgreSQL, new
/// index entries for the new row.
macro_rules! standing {
    ($row:literal, $end:literal) => {
        concat!(
            "directory_active = ",
            $row,
            "directory_active",
            $end,
            ", active = ",
            $row,
            "active",
            $end,
            ", role = ",
            $row,
            "role",
            $end,
            ", unmet = ",
            $row,
            "unmet",
            $end,
            ", version = ",
            $row,
            "version",
            $end,
            ", updated_at = ",
            $row,
            "updated_at",
            $end
        )
    };
}
pub(super) use standing;

/// Saves users of whom everything may have changed but what they are looked up by.
pub(super) const SAVE_PROFILES: Sql = Sql {
    sqlite: concat!(
        "UPDATE users SET holds = r.value ->> 'holds', profile = r.value ->> 'profile', \
         profile_folded = r.value ->> 'profile_folded', ",
        standing!("r.value ->> '", "'"),
        " FROM jsonb_each($1) AS r WHERE users.site_id = r.value ->> 'site_id' \
         AND users.id = unhex(r.value ->> 'id')"
    ),
    postgres: concat!(
        "UPDATE users SET holds = r.holds, profile = r.profile, \
         profile_folded = r.profile_folded, ",
        standing!("r.", ""),
        " FROM json_to_recordset($1::json) AS r(site_id bigint, id uuid, \
         directory_active boolean, active boolean, role smallint, holds text, profile text, \
         profile_folded text, unmet text, version bigint, updated_at bigint) \
         WHERE users.site_id = r.site_id AND users.id = r.id"
    ),
};

/// Saves users whole, new ones and known ones alike.
pub(super) const SAVE_USERS: Sql = Sql {
    sqlite: concat!(
        insert_users!(),
        "SELECT value ->> 'site_id', unhex(value ->> 'id'), value ->> 'user_name', \
         value ->> 'user_name_key', value ->> 'external_id', value ->> 'directory_active', \
         value ->> 'active', value ->> 'role', value ->> 'holds', value ->> 'profile', \
         value ->> 'profile_folded', value ->> 'unmet', \
         value ->> 'version', value ->> 'created_at', value ->> 'updated_at' \
         FROM jsonb_each($1) WHERE true",
        on_conflict_replace!()
    ),
    postgres: concat!(
        insert_users!(),
        "SELECT site_id, id, user_name, user_name_key, external_id, directory_active, active, \
         role, holds, profile, profile_folded, unmet, version, created_at, updated_at \
         FROM json_to_recordset($1::json) AS r(site_id bigint, id uuid, user_name text, \
         user_name_key text, external_id text, directory_active boolean, active boolean, \
         role smallint, holds text, profile text, profile_folded text, unmet text, \
         version bigint, created_at bigint, \
         updated_at bigint)",
        on_conflict_replace!()
    ),
};

/// Empties the e-mail index for users.
pub(super) const FORGET_EMAILS: Sql = Sql {
    sqlite: "DELETE FROM user_emails WHERE (site_id, user_id) IN \
        (SELECT value ->> 'site_id', unhex(value ->> 'id') FROM jsonb_each($1))",
    postgres: "DELETE FROM user_emails AS e \
        USING json_to_recordset($1::json) AS k(site_id bigint, id uuid) \
        WHERE e.site_id = k.site_id AND e.user_id = k.id",
};

/// Fills the e-mail index.
pub(super) const SAVE_EMAILS: Sql = Sql {
    sqlite: "INSERT INTO user_emails (site_id, value_key, user_id) \
        SELECT value ->> 'site_id', value ->> 'value_key', unhex(value ->> 'user_id') \
        FROM jsonb_each($1)",
    postgres: "INSERT INTO user_emails (site_id, value_key, user_id) \
        SELECT site_id, value_key, user_id \
        FROM json_to_recordset($1::json) AS r(site_id bigint, value_key text, user_id uuid)",
};

/// Counts users that came and went.
pub(super) const COUNT_MEMBERS: Sql = Sql {
    sqlite: "UPDATE sites SET user_count = user_count + (r.value ->> 'growth'), \
        user_turnover = user_turnover + (r.value ->> 'membership_version') \
        FROM jsonb_each($1) AS r WHERE sites.id = r.value ->> 'site_id'",
    postgres: "UPDATE sites SET user_count = user_count + r.growth, \
        user_turnover = user_turnover + r.membership_version \
        FROM json_to_recordset($1::json) AS r(site_id bigint, growth bigint, membership_version bigint) \
        WHERE sites.id = r.site_id",
};

/// How many users a site has, and how many came and went.
pub(super) const POPULATION: Sql = Sql {
    sqlite: "SELECT user_count, user_turnover FROM sites WHERE id = $1",
    postgres: "SELECT user_count, user_turnover FROM sites WHERE id = $1",
};
