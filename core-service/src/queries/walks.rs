//! Walks: where the pages of a list ended that somebody goes through by their positions. The next page
//! goes on there, whoever came or went meanwhile, and nobody counts from the first one again.
//!
//! Without that, a deletion would move everybody behind it by one, and whoever walks would miss one of
//! them. It is remembered by this core only, and for a while: behind that, and of a list that nobody has
//! walked to there, a position is counted.

use moka::sync::Cache;
use provost_domain::SiteId;
use std::fmt;
use std::time::Duration;

/// How long a walk may pause between two pages and still go on where it was.
const MEMORY: Duration = Duration::from_mins(5);
const REMEMBERED: u64 = 100_000;

/// Who walks through which list: a hash of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WalkId(pub [u8; 8]);

/// Where pages ended, by how many rows came before that.
pub(super) struct Walks<Position>(Cache<(SiteId, WalkId, u64), Position>);

impl<Position> fmt::Debug for Walks<Position> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Walks")
    }
}

impl<Position: Clone + Send + Sync + 'static> Walks<Position> {
    pub fn new() -> Self {
        Self(Cache::builder().max_capacity(REMEMBERED).time_to_live(MEMORY).build())
    }

    /// Behind what a page begins that would begin behind so many rows, if the walk has come there.
    pub fn behind(&self, site: SiteId, walk: WalkId, rows: u64) -> Option<Position> {
        if rows == 0 { None } else { self.0.get(&(site, walk, rows)) }
    }

    /// Remembers where the page ended behind which so many rows are.
    pub fn ended(&self, site: SiteId, walk: WalkId, rows: u64, at: Position) {
        self.0.insert((site, walk, rows), at);
    }
}
