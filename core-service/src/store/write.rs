//! Writing one thing after the other: what operators change of sites, connections and tokens.

use super::batch::RevisionRow;
use super::dialect::Dialect;
use super::rows::{EventRow, document};
use super::{Store, StoreError, scripts};
use provost_domain::Event;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};

/// A transaction that writes. Dropped without [`WriteTransaction::commit`], it leaves no trace.
///
/// Call [`WriteTransaction::sites`] first: it is what makes everything read afterwards stay
/// true until the commit, also beside other cores on the same PostgreSQL.
#[derive(Debug)]
pub struct WriteTransaction {
    pub(super) transaction: DatabaseTransaction,
    dialect: Dialect,
}

impl Store {
    /// Begins to write. On SQLite this waits until no other process writes.
    pub async fn begin(&self) -> Result<WriteTransaction, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.writers.begin_with_options(options).await?;
        Ok(WriteTransaction { transaction, dialect: self.dialect })
    }
}

impl WriteTransaction {
    /// Appends a line to the ledger of its site, which thereby comes to its revision.
    pub async fn append(&mut self, event: &Event) -> Result<(), StoreError> {
        let lines = document(&[EventRow::from(event)])?;
        let revisions = document(&[RevisionRow::from(&(event.site, event.revision))])?;
        let statement = self.dialect.statement(&scripts::APPEND, [lines.into(), revisions.into()]);
        self.transaction.execute_raw(statement).await?;
        Ok(())
    }

    /// Makes everything durable. Until this answers, nothing has happened.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_domain::{ConnectionPolicy, SiteName, Timestamp};

    /// As behind a full disk: SQLite has ended the transaction, and its driver takes it for open.
    #[tokio::test]
    async fn what_follows_a_commit_that_failed_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("provost.db").display());
        let store = Store::open(&url).await.unwrap();
        let begun = store.begin().await.unwrap();
        begun.transaction.execute_unprepared("ROLLBACK").await.unwrap();
        begun.commit().await.unwrap_err();
        // One that ends without a commit, as where there is nothing to change.
        drop(store.begin().await.unwrap());

        let mut begun = store.begin().await.unwrap();
        let (name, policy) = (SiteName::parse("acme").unwrap(), ConnectionPolicy::default());
        begun.create_site(&name, &policy, Timestamp(1)).await.unwrap();
        begun.commit().await.unwrap();
        assert!(store.site_named(&name).await.unwrap().is_some(), "it was acknowledged");
    }
}
