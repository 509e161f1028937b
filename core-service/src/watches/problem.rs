//! Problems: why a ledger can't be followed from a position. Must never know who follows it.

use provost_domain::{MetadataKey, Reason, Refusal, SiteId};

/// Why a ledger can't be followed from a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerProblem {
    /// There is another event than the one that was told.
    Diverged,
    /// The ledger does not reach as far.
    Ahead,
    /// What follows is not kept any longer.
    Trimmed,
}

impl LedgerProblem {
    /// What the caller is told, by the name of the site.
    pub fn refusal(self, site: SiteId, name: &str) -> Refusal {
        let ledger = match site {
            SiteId::INSTALLATION => "the ledger of the installation".to_owned(),
            _ => format!("the ledger of the site {name}"),
        };
        let (reason, message) = match self {
            Self::Diverged => (
                Reason::CursorDiverged,
                format!(
                    "{ledger} has another event where the cursor points, because the database was \
                     restored from a backup and other decisions were made since"
                ),
            ),
            Self::Ahead => (
                Reason::CursorAhead,
                format!(
                    "the cursor points behind the newest event of {ledger}, because the database was \
                     restored from a backup or is another one"
                ),
            ),
            Self::Trimmed => (
                Reason::CursorTrimmed,
                format!("events of {ledger} that follow the cursor are not kept any longer"),
            ),
        };
        let message = format!("{message}; begin again with a snapshot, or at the earliest event");
        let refusal = Refusal::new(reason, message);
        if site == SiteId::INSTALLATION { refusal } else { refusal.naming(MetadataKey::Site, name) }
    }
}

/// What is told where a followed site is not there any more, by its number: nobody knows its name.
pub fn site_is_gone(SiteId(site): SiteId) -> Refusal {
    let message = format!(
        "the cursor knows a site with the number {site}, which the database does not have, because it was \
         restored from a backup or is another one; begin again with a snapshot, or at the earliest event"
    );
    Refusal::new(Reason::CursorAhead, message)
}
