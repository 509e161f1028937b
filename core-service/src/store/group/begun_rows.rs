//! What a group begins with: sites, users and the tokens of callers, in one answer.
//!
//! Each row is read while the database looks for the next one. Must never know why they are asked for.

use crate::StoreError;
use crate::store::sites::{Model, site};
use crate::store::tokens;
use crate::store::users::user;
use provost_domain::{Loaded, ProfileSchema};
use sea_orm::{FromQueryResult as _, QueryResult};

/// The rows that were read so far.
pub(super) struct BegunRows {
    profile: ProfileSchema,
    is_behind_sites: bool,
    pub(super) rows: Loaded,
}

impl BegunRows {
    pub(super) fn new(profile: ProfileSchema) -> Self {
        Self { profile, is_behind_sites: false, rows: Loaded::default() }
    }

    pub(super) fn take_in(&mut self, row: &QueryResult) -> Result<(), StoreError> {
        // The rows of sites come first, and no others have a revision.
        if !self.is_behind_sites && row.try_get_by::<i64, _>("revision").is_ok() {
            self.rows.sites.push(site(Model::from_query_result(row, "")?)?);
            return Ok(());
        }
        self.is_behind_sites = true;
        // Only users have this column, or a value in it.
        if row.try_get_by::<bool, _>("directory_active").is_ok() {
            self.rows.users.push(user(self.profile, row)?);
        } else {
            self.rows.callers.push(tokens::caller(row)?);
        }
        Ok(())
    }
}
