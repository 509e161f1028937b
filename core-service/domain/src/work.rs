//! Work: how much of the law's time one command may take, counted in what is touched rather than in
//! time, so that the same question always has the same answer.

use super::{MetadataKey, Reason, Refusal};
use std::cell::Cell;

/// The most elements of lists and holds that one command may touch: what two hundred changes do
/// that each go through a list of a hundred.
const MAX_TOUCHED: u64 = 20_000;

/// How many elements of lists a command has touched so far: looked at, compared or changed.
#[derive(Debug, Default)]
pub(super) struct Work(Cell<u64>);

impl Work {
    /// Counts before the work is done, so that what is beyond the limit is not begun.
    pub(super) fn spend(&self, elements: usize) -> Result<(), Refusal> {
        let elements = u64::try_from(elements).unwrap_or(u64::MAX);
        let spent = self.0.get().saturating_add(elements);
        if spent > MAX_TOUCHED {
            return Err(Refusal::new(
                Reason::TooMuchWork,
                format!(
                    "the request goes through more than {MAX_TOUCHED} elements of lists, each \
                     change through a whole list again; send fewer changes in one request"
                ),
            )
            .naming(MetadataKey::Limit, &MAX_TOUCHED));
        }
        self.0.set(spent);
        Ok(())
    }

    /// What was spent.
    pub(super) const fn spent(&self) -> u64 {
        self.0.get()
    }
}
