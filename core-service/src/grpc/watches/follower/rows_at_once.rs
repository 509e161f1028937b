//! How many rows are read at once: about as many as a response holds, by how large the last ones were.

use super::BATCH_BYTES;
use crate::watches::MOST_ROWS;

/// How large a row is taken to be before one was read, in bytes.
const FIRST_GUESS: usize = 2 * 1024;

/// A number of rows, from what was found so far.
#[derive(Debug)]
pub(super) struct RowsAtOnce {
    bytes_each: usize,
}

impl Default for RowsAtOnce {
    fn default() -> Self {
        Self { bytes_each: FIRST_GUESS }
    }
}

impl RowsAtOnce {
    /// How many rows to read. One of them may be known already.
    pub(super) fn number(&self) -> u64 {
        let rows = BATCH_BYTES / self.bytes_each + 2;
        u64::try_from(rows).unwrap_or(MOST_ROWS).min(MOST_ROWS)
    }

    /// Takes note of how large the rows of a page were.
    pub(super) fn learn(&mut self, sizes: impl Iterator<Item = usize>) {
        let (rows, bytes) = sizes.fold((0, 0), |(rows, bytes), size| (rows + 1, bytes + size));
        if let Some(each) = usize::checked_div(bytes, rows) {
            self.bytes_each = each.max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_they_are_the_fewer_are_read() {
        let mut rows = RowsAtOnce::default();
        for (sizes, expected) in [
            (&[][..], 34),
            (&[1024, 1024], 66),
            (&[128 * 1024, 64 * 1024], 2),
            (&[0], 256),
            (&[16 * 1024, 48 * 1024], 4),
        ] {
            rows.learn(sizes.iter().copied());
            assert_eq!(rows.number(), expected, "{sizes:?}");
        }
    }
}
