//! The memory for the messages of gRPC calls that are large: so much for all callers, and a part of it
//! for each token, so that one caller's messages never keep out another's.
//!
//! Must never know what a message says, nor a token.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The bytes of a message that are not counted: nearly all have fewer.
const FREE: usize = 16 << 10;
/// How many bytes the messages of all callers may have, and how many those of one.
const ALL: usize = 128 << 20;
const ONE_CALLER: usize = 32 << 20;

/// The memory.
#[derive(Debug, Clone, Default)]
pub(super) struct MessageShares(Arc<CountedCallers>);

#[derive(Debug, Default)]
struct CountedCallers {
    hasher: RandomState,
    counted: Mutex<CountedBytes>,
}

#[derive(Debug, Default)]
struct CountedBytes {
    all: usize,
    /// Only callers of whom something is counted.
    by_caller: HashMap<u64, usize>,
}

/// What a message has of it, until nobody holds this any more.
#[derive(Debug)]
pub(super) struct MessageShare {
    shares: MessageShares,
    caller: u64,
    /// With those that are not counted.
    bytes: AtomicUsize,
}

/// There is no room for more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoRoom;

impl MessageShares {
    /// A share of nothing yet, for whoever shows this token.
    pub(super) fn none_of(&self, token: &[u8]) -> Arc<MessageShare> {
        let caller = self.0.hasher.hash_one(token);
        Arc::new(MessageShare { shares: self.clone(), caller, bytes: AtomicUsize::new(0) })
    }

    fn counted(&self) -> MutexGuard<'_, CountedBytes> {
        self.0.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MessageShare {
    /// Holds so many bytes in all, if there is room.
    pub(super) fn grow_to(&self, bytes: usize) -> Result<(), NoRoom> {
        let before = self.bytes.load(Relaxed);
        let after = bytes.max(before);
        let counted_more = after.saturating_sub(FREE) - before.saturating_sub(FREE);
        if counted_more > 0 {
            let mut counted = self.shares.counted();
            let of_caller = counted.by_caller.get(&self.caller).copied().unwrap_or_default();
            if counted.all + counted_more > ALL || of_caller + counted_more > ONE_CALLER {
                return Err(NoRoom);
            }
            counted.all += counted_more;
            counted.by_caller.insert(self.caller, of_caller + counted_more);
        }
        self.bytes.store(after, Relaxed);
        Ok(())
    }
}

impl Drop for MessageShare {
    fn drop(&mut self) {
        let bytes = self.bytes.load(Relaxed).saturating_sub(FREE);
        if bytes == 0 {
            return;
        }
        let mut counted = self.shares.counted();
        counted.all -= bytes;
        if let Some(of_caller) = counted.by_caller.get_mut(&self.caller) {
            *of_caller -= bytes;
            if *of_caller == 0 {
                counted.by_caller.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_uses_up_its_own_share_and_gives_it_back() {
        let shares = MessageShares::default();
        let greedy = shares.none_of(b"one");
        greedy.grow_to(70).unwrap();
        greedy.grow_to(FREE + ONE_CALLER).unwrap();
        assert_eq!(greedy.grow_to(FREE + ONE_CALLER + 1), Err(NoRoom));
        let small = shares.none_of(b"one");
        small.grow_to(FREE).unwrap();
        assert_eq!(small.grow_to(FREE + 1), Err(NoRoom));
        let others: Vec<_> = (2..=4).map(|other| shares.none_of(&[other])).collect();
        for other in &others {
            other.grow_to(FREE + ONE_CALLER).unwrap();
        }
        assert_eq!(shares.none_of(b"late").grow_to(FREE + 1), Err(NoRoom), "all have a limit too");
        drop(greedy);
        shares.none_of(b"late").grow_to(FREE + 1).unwrap();
        small.grow_to(FREE + 1).unwrap();
        drop((small, others));
        assert!(shares.counted().by_caller.is_empty());
        assert_eq!(shares.counted().all, 0);
    }
}
