//! Waiting for a condition instead of for a time. Must never be used to prove that something is
//! fast: the deadline only ends a test that would hang.

use std::time::Duration;

/// The first value that the look-up finds.
///
/// # Panics
/// When nothing was found within a minute.
pub async fn until<T>(awaited: &str, mut look_up: impl AsyncFnMut() -> Option<T>) -> T {
    let mut pulse = tokio::time::interval(Duration::from_millis(20));
    let found = tokio::time::timeout(Duration::from_mins(1), async {
        loop {
            pulse.tick().await;
            if let Some(found) = look_up().await {
                return found;
            }
        }
    });
    match found.await {
        Ok(found) => found,
        Err(elapsed) => panic!("waited for a minute in vain: {awaited}: {elapsed}"),
    }
}
