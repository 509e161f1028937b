//! Users that a group of commands turns on, by whatever they are looked up.

use super::{WriteGroup, read};
use crate::store::StoreError;
use crate::store::users::rows::UserKeyRow;
use provost_domain::{Loaded, Needs};

impl WriteGroup<'_> {
    /// The users that are needed, as far as they are there.
    pub(super) async fn load_users(
        &mut self,
        needs: &Needs,
        loaded: &mut Loaded,
    ) -> Result<(), StoreError> {
        let Needs { users, user_names, subjects, external_ids, .. } = needs;
        let statements = self.writer.dialect.statements();
        let ids: Vec<_> = users.iter().map(UserKeyRow::id).collect();
        let names = user_names.iter();
        let names = names.filter_map(|(site, key)| UserKeyRow::user_name(*site, key.as_str()));
        let names: Vec<_> = names.collect();
        let subjects: Vec<_> = subjects.iter().map(UserKeyRow::subject).collect();
        let known = external_ids.iter();
        let known = known.filter_map(|(site, id)| UserKeyRow::external_id(*site, id.as_str()));
        let known: Vec<_> = known.collect();
        for (statement, keys) in [
            (&statements.users_by_id, ids),
            (&statements.users_by_name, names),
            (&statements.users_by_subject, subjects),
            (&statements.users_known_by, known),
        ] {
            let found = self.execute("SELECT users", statement, &keys).await?;
            loaded.users.extend(read(self.writer.profile, &found)?);
        }
        Ok(())
    }
}
