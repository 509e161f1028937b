//! Tokens that were shown and not good, counted by the address that they came from.
//!
//! The table has a fixed size, whoever knocks: where it is full, the address is forgotten that has
//! the least to wait. Must never know a token.

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How many an address may show at once.
const AT_ONCE: u32 = 60;
/// How long it takes until it may show one more.
const EACH: Duration = Duration::from_secs(1);
/// The addresses that may stand in one row of the table, and its rows.
const ROW: usize = 8;
const ROWS: usize = 1024;

/// The table.
#[derive(Debug)]
pub(super) struct FailedTokens {
    hasher: RandomState,
    /// None until the first token fails: most services never see one, and 256 KiB cost a huge page.
    rows: Mutex<Vec<[Counted; ROW]>>,
}

/// An address, and when all that it showed is forgiven.
#[derive(Debug, Clone, Copy)]
struct Counted {
    source: u128,
    forgiven_at: Instant,
}

impl FailedTokens {
    /// An empty table.
    pub fn new() -> Self {
        Self { hasher: RandomState::new(), rows: Mutex::default() }
    }

    /// How many addresses must wait before they show another one.
    pub fn waiting(&self) -> usize {
        let now = Instant::now();
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let must_wait = |counted: &&Counted| counted.forgiven_at > now + EACH * (AT_ONCE - 1);
        rows.iter().flatten().filter(must_wait).count()
    }

    /// Counts one more of an address. Answers how long it must wait for the next, if this one was
    /// too many; then it has not been counted.
    pub fn count(&self, address: IpAddr) -> Option<Duration> {
        let source = source(address);
        let now = Instant::now();
        let row = usize::try_from(self.hasher.hash_one(source)).unwrap_or_default() % ROWS;
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.resize(ROWS, [Counted { source: 0, forgiven_at: now }; ROW]);
        let row = &mut rows[row];
        let known = row.iter().position(|counted| counted.source == source);
        let place = known.or_else(|| {
            let places = row.iter().enumerate();
            places.min_by_key(|(_, counted)| counted.forgiven_at).map(|(place, _)| place)
        })?;
        let before = known.map_or(now, |place| row[place].forgiven_at.max(now));
        let forgiven_at = before + EACH;
        let too_many = (forgiven_at - now).checked_sub(EACH * AT_ONCE);
        if let Some(wait) = too_many.filter(|wait| !wait.is_zero()) {
            return Some(wait);
        }
        row[place] = Counted { source, forgiven_at };
        None
    }
}

/// What belongs to one household: an address of IPv4, the network of one of IPv6 (RFC 6177).
fn source(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits() & !u128::from(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(table: &FailedTokens, address: &str, times: u32) -> u32 {
        let address = address.parse().unwrap();
        (0..times).map(|_| u32::from(table.count(address).is_none())).sum()
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_has_so_many_at_once_and_then_one_each_second() {
        let table = FailedTokens::new();
        assert_eq!(counted(&table, "192.0.2.1", 100), AT_ONCE);
        let address = "192.0.2.1".parse().unwrap();
        assert_eq!(table.count(address), Some(EACH));
        tokio::time::advance(Duration::from_millis(400)).await;
        assert_eq!(table.count(address), Some(Duration::from_millis(600)));
        tokio::time::advance(Duration::from_millis(600)).await;
        assert_eq!(counted(&table, "192.0.2.1", 100), 1);
        tokio::time::advance(EACH * 1000).await;
        assert_eq!(counted(&table, "192.0.2.1", 100), AT_ONCE);
    }

    #[tokio::test(start_paused = true)]
    async fn addresses_pay_for_themselves_and_networks_for_their_addresses() {
        let table = FailedTokens::new();
        assert_eq!(counted(&table, "192.0.2.1", 100), AT_ONCE);
        assert_eq!(counted(&table, "192.0.2.2", 100), AT_ONCE);
        assert_eq!(counted(&table, "::ffff:192.0.2.1", 100), 0);
        assert_eq!(counted(&table, "2001:db8::1", 100), AT_ONCE);
        assert_eq!(counted(&table, "2001:db8::2", 100), 0);
        assert_eq!(counted(&table, "2001:db8:0:1::1", 100), AT_ONCE);
    }

    /// A flood from everywhere takes the places of those who have hardly begun.
    #[tokio::test(start_paused = true)]
    async fn who_must_wait_is_not_forgotten_for_others() {
        let table = FailedTokens::new();
        assert_eq!(counted(&table, "192.0.2.1", 100), AT_ONCE);
        for number in 0..100_000_u32 {
            table.count(IpAddr::V4((0x0A00_0000 + number).into()));
        }
        assert_eq!(counted(&table, "192.0.2.1", 100), 0);
    }
}
