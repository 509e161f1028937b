//! Addresses of users, which have a table of their own: kept anew for those whose addresses have changed.

use super::super::StoreError;
use super::super::user_emails::{EmailsOf, changes_emails, email_rows};
use super::WriteGroup;
use provost_domain::{Saved, User};

impl WriteGroup<'_> {
    pub(super) async fn save_emails(&mut self, saved: &[Saved]) -> Result<(), StoreError> {
        let changed: Vec<&User> =
            saved.iter().filter(|saved| changes_emails(saved)).map(|saved| &saved.after).collect();
        let forgotten: Vec<EmailsOf> = saved
            .iter()
            .filter(|saved| changes_emails(saved) && saved.before.is_some())
            .map(|saved| EmailsOf::from(&saved.after))
            .collect();
        let statements = self.writer.dialect.statements();
        self.execute("DELETE user_emails", &statements.forget_emails, &forgotten).await?;
        let rows: Vec<_> = changed.into_iter().flat_map(email_rows).collect();
        self.execute("INSERT user_emails", &statements.save_emails, &rows).await?;
        Ok(())
    }
}
