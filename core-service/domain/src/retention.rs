//! How long a ledger is kept. Must never know how it is trimmed.

use super::{MetadataKey, Reason, Refusal, Timestamp};
use serde::{Deserialize, Serialize};

/// For how many days the events of a site are kept; 0 for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LedgerRetention(u32);

/// The most days, a century.
const MAX_DAYS: u32 = 36_500;
const DAY: i64 = 86_400 * 1_000_000;

impl LedgerRetention {
    /// So many days.
    pub fn of_days(days: i32) -> Result<Self, Refusal> {
        const FIELD: &str = "ledger_retention_days";
        let Ok(days) = u32::try_from(days) else {
            let message = "a ledger is kept for 1 to 36500 days, and 0 means for ever; send that";
            return Err(Refusal::about(Reason::ValueInvalid, FIELD, message));
        };
        if days > MAX_DAYS {
            let message =
                format!("a ledger is kept for at most {MAX_DAYS} days; send fewer, or 0 for ever");
            let refusal = Refusal::about(Reason::LimitExceeded, FIELD, message);
            return Err(refusal.naming(MetadataKey::Limit, &MAX_DAYS));
        }
        Ok(Self(days))
    }

    /// What was accepted before.
    pub const fn as_stored(days: u32) -> Self {
        Self(days)
    }

    /// How many days; 0 for ever.
    pub const fn days(self) -> u32 {
        self.0
    }

    /// When the oldest event was decided that is kept now; none where all are.
    pub fn oldest_kept(self, Timestamp(now): Timestamp) -> Option<Timestamp> {
        let kept = i64::from(self.0) * DAY;
        (kept > 0).then(|| Timestamp(now.saturating_sub(kept)))
    }
}
