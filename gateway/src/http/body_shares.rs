//! The memory for bodies that are large or slow, of requests and of answers: so much for all of them,
//! and a part of it for each site, so that one site's bodies never keep out another's.
//!
//! Must never know what a body holds.

use provost_scim::ScimError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many bodies of the largest size all sites may have at once, and how many one.
const ALL: usize = 32;
const ONE_SITE: usize = 8;

/// The same of groups, which may be larger, so fewer: here too it takes four sites to keep others out.
const ALL_OF_GROUPS: usize = 8;
const GROUPS_OF_ONE_SITE: usize = 2;

/// The same of bulk requests, which hold theirs until they are answered, and the answer with it.
const ALL_BULKS: usize = 8;
const BULKS_OF_ONE_SITE: usize = 2;

/// How many bytes the answers of all sites that are not sent yet may have, and how many those of one.
const ALL_ANSWERS: usize = 128 << 20;
const ANSWERS_OF_ONE_SITE: usize = 32 << 20;

/// The memory for bodies, in bytes.
#[derive(Debug, Clone)]
pub(super) struct BodyShares {
    all: usize,
    one_site: usize,
    /// What is told when there is no room.
    refusal: &'static str,
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    all: usize,
    /// Only sites that hold something.
    by_site: HashMap<String, usize>,
}

/// What a body holds of it, until it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    shares: BodyShares,
    site: String,
    bytes: usize,
}

impl BodyShares {
    /// For bodies of at most `limit` bytes.
    pub fn for_bodies_of(limit: usize) -> Self {
        Self::for_so_many(limit, ALL, ONE_SITE)
    }

    /// For bodies about groups, of at most `limit` bytes.
    pub fn for_group_bodies_of(limit: usize) -> Self {
        Self::for_so_many(limit, ALL_OF_GROUPS, GROUPS_OF_ONE_SITE)
    }

    /// For bulk requests that hold at most `limit` bytes each.
    pub fn for_bulks_of(limit: usize) -> Self {
        Self::for_so_many(limit, ALL_BULKS, BULKS_OF_ONE_SITE)
    }

    fn for_so_many(limit: usize, all: usize, one_site: usize) -> Self {
        Self {
            all: limit.saturating_mul(all),
            one_site: limit.saturating_mul(one_site),
            refusal: "Too many large request bodies are being read. Try again in a few seconds, \
                      with fewer at once.",
            held: Arc::default(),
        }
    }

    /// For answers that are not sent yet.
    pub fn for_answers() -> Self {
        Self {
            all: ALL_ANSWERS,
            one_site: ANSWERS_OF_ONE_SITE,
            refusal: "Too many large answers are on their way. Try again in a few seconds, with \
                      fewer at once or with a smaller count.",
            held: Arc::default(),
        }
    }

    /// A share of nothing yet.
    pub fn none_of(&self, site: &str) -> Share {
        Share { shares: self.clone(), site: site.to_owned(), bytes: 0 }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Holds so many bytes more, if there is room.
    pub fn grow_by(&mut self, bytes: usize) -> Result<(), ScimError> {
        self.grow_to(self.bytes + bytes)
    }

    /// Holds so many bytes in all, if there is room.
    pub fn grow_to(&mut self, bytes: usize) -> Result<(), ScimError> {
        let more = bytes.saturating_sub(self.bytes);
        if more == 0 {
            return Ok(());
        }
        let mut held = self.shares.held();
        let of_site = held.by_site.get(&self.site).copied().unwrap_or_default();
        if held.all + more > self.shares.all || of_site + more > self.shares.one_site {
            return Err(ScimError::new(503, self.shares.refusal));
        }
        held.all += more;
        held.by_site.insert(self.site.clone(), of_site + more);
        drop(held);
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.shares.held();
        held.all -= self.bytes;
        if let Some(of_site) = held.by_site.get_mut(&self.site) {
            *of_site -= self.bytes;
            if *of_site == 0 {
                held.by_site.remove(&self.site);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_uses_up_its_own_share_and_gives_it_back() {
        let shares = BodyShares::for_bodies_of(10);
        let mut greedy = shares.none_of("acme");
        greedy.grow_to(70).unwrap();
        greedy.grow_by(10).unwrap();
        assert_eq!(greedy.grow_to(81).unwrap_err().status, 503);
        assert_eq!(shares.none_of("acme").grow_to(1).unwrap_err().status, 503);
        shares.none_of("beta").grow_to(80).unwrap();
        drop(greedy);
        shares.none_of("acme").grow_to(80).unwrap();
        assert!(shares.held().by_site.is_empty());
    }

    #[test]
    fn bodies_about_groups_leave_room_for_others_and_for_a_second_one() {
        let shares = BodyShares::for_group_bodies_of(80);
        let mut first = shares.none_of("acme");
        first.grow_to(80).unwrap();
        shares.none_of("acme").grow_to(80).unwrap();
        first.grow_to(160).unwrap();
        assert_eq!(shares.none_of("acme").grow_to(1).unwrap_err().status, 503);
        let other = |name| {
            let mut share = shares.none_of(name);
            share.grow_to(160).map(|()| share)
        };
        let _full = ["beta", "gamma", "delta"].map(|name| other(name).unwrap());
        assert_eq!(other("omega").unwrap_err().status, 503);
    }

    #[test]
    fn all_sites_together_have_a_limit_too() {
        let shares = BodyShares::for_bodies_of(10);
        let site = |name: usize| {
            let mut share = shares.none_of(&name.to_string());
            share.grow_to(80).map(|()| share)
        };
        let full: Vec<_> = (0..4).map(|name| site(name).unwrap()).collect();
        assert_eq!(site(4).unwrap_err().status, 503);
        drop(full);
        site(4).unwrap();
    }
}
