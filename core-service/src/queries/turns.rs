//! Turns at what only few can do at once, shared between sites: one that asks for a lot waits behind
//! itself.
//!
//! Must never know what is done in a turn.

use crate::Failure;
use provost_domain::SiteId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How long a caller waits for a turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// So many turns at once, and so many of one site.
///
/// Whoever has a place in the site's own line gets into the common one, so that of each site no more
/// than these are ever in front of another's.
#[derive(Debug)]
pub struct Turns {
    places: Arc<Semaphore>,
    places_of_site: usize,
    /// Of the sites that have or await a turn.
    sites: Mutex<HashMap<SiteId, Weak<Semaphore>>>,
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub struct TurnPermit {
    _of_site: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

impl Turns {
    /// So many places, and so many for each site.
    pub fn new(places: usize, places_of_site: usize) -> Self {
        let places = Arc::new(Semaphore::new(places));
        Self { places, places_of_site, sites: Mutex::default() }
    }

    /// Waits for a turn, for so long only.
    pub async fn take(&self, site: SiteId) -> Result<TurnPermit, Failure> {
        let turn = async {
            let of_site = self.line(site).acquire_owned().await;
            let place = Arc::clone(&self.places).acquire_owned().await;
            // A line is never closed.
            let (Ok(of_site), Ok(place)) = (of_site, place) else { return Err(Failure::Crowded) };
            Ok(TurnPermit { _of_site: of_site, _place: place })
        };
        timeout(PATIENCE, turn).await.unwrap_or(Err(Failure::Crowded))
    }

    fn line(&self, site: SiteId) -> Arc<Semaphore> {
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = sites.get(&site).and_then(Weak::upgrade) {
            return line;
        }
        sites.retain(|_, line| line.strong_count() > 0);
        let line = Arc::new(Semaphore::new(self.places_of_site));
        sites.insert(site, Arc::downgrade(&line));
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    const CROWDED: SiteId = SiteId(1);
    const OTHER: SiteId = SiteId(2);

    #[tokio::test(start_paused = true)]
    async fn a_site_waits_behind_itself_and_others_don_t() {
        let turns = Turns::new(3, 2);
        let first = turns.take(CROWDED).await.unwrap();
        let _second = turns.take(CROWDED).await.unwrap();
        let mut waiting: Vec<_> = (0..100).map(|_| Box::pin(turns.take(CROWDED))).collect();
        for turn in &mut waiting {
            assert!(turn.now_or_never().is_none());
        }
        let _other = turns.take(OTHER).now_or_never().expect("no wait").unwrap();
        drop(first);
        let turn = waiting.remove(0).now_or_never().expect("the longest in line");
        turn.unwrap();
        assert!(matches!(turns.take(SiteId(3)).now_or_never(), Some(Ok(_))), "the turn was over");
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever() {
        let turns = Turns::new(1, 1);
        let _turn = turns.take(CROWDED).await.unwrap();
        for site in [CROWDED, OTHER] {
            assert!(matches!(turns.take(site).await, Err(Failure::Crowded)));
        }
    }

    #[tokio::test]
    async fn sites_that_are_gone_are_forgotten() {
        let turns = Turns::new(1, 1);
        for site in 0..1000 {
            drop(turns.take(SiteId(site)).await);
        }
        assert!(turns.sites.lock().unwrap().len() <= 2);
    }
}
