//! How many operations go to the core in one RPC. Must never know what they are about.

use crate::client::size;
use provost_proto::limits::{MAX_BATCH_CHANGES, MAX_REQUEST_BYTES, user_changes};
use provost_proto::v1;

/// So many operations at a time: as many as the core decides together.
const MOST: usize = 256;
/// So many bytes, less than one RPC may have.
const MOST_BYTES: usize = MAX_REQUEST_BYTES - 64 * 1024;

/// Operations that are sent together, in their order.
#[derive(Default)]
pub(super) struct BulkPart {
    /// Their numbers.
    pub numbers: Vec<usize>,
    /// What is sent of each.
    pub writes: Vec<v1::BatchWrite>,
    bytes: usize,
    changes: usize,
}

impl BulkPart {
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Adds what is sent of an operation, if there is room for it beside the others.
    pub fn send(&mut self, number: usize, write: v1::BatchWrite) -> bool {
        let bytes = self.bytes + size(&write) + 8;
        let changes = self.changes + user_changes(&write);
        let is_too_much = bytes > MOST_BYTES || changes > MAX_BATCH_CHANGES;
        if self.writes.len() >= MOST || (!self.is_empty() && is_too_much) {
            return false;
        }
        (self.bytes, self.changes) = (bytes, changes);
        self.numbers.push(number);
        self.writes.push(write);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(bytes: usize) -> v1::BatchWrite {
        let user_id = "x".repeat(bytes);
        let deletion = v1::DeleteUserRequest { user_id, ..v1::DeleteUserRequest::default() };
        let write = Some(v1::batch_write::Write::DeleteUser(deletion));
        v1::BatchWrite { write, ..v1::BatchWrite::default() }
    }

    #[test]
    fn a_part_has_no_more_than_are_decided_together() {
        let mut part = BulkPart::default();
        for number in 0..MOST {
            assert!(part.send(number, write(1)));
        }
        assert!(!part.send(MOST, write(1)));
        assert_eq!(part.numbers, (0..MOST).collect::<Vec<_>>());
    }

    #[test]
    fn a_part_asks_for_no_more_changes_than_the_core_takes_at_once() {
        let asked = |changes: usize| {
            let changes = vec![v1::Change::default(); changes];
            let change = v1::ChangeUserRequest { changes, ..v1::ChangeUserRequest::default() };
            let write = Some(v1::batch_write::Write::ChangeUser(change));
            v1::BatchWrite { write, ..v1::BatchWrite::default() }
        };
        let mut part = BulkPart::default();
        assert!(part.send(0, asked(MAX_BATCH_CHANGES - 1)) && part.send(1, asked(1)));
        assert!(!part.send(2, asked(1)));
        assert!(part.send(2, asked(0)));
        assert!(BulkPart::default().send(0, asked(MAX_BATCH_CHANGES + 1)));
    }

    #[test]
    fn what_has_no_room_waits_for_the_next_part_and_never_for_ever() {
        let mut part = BulkPart::default();
        assert!(part.send(0, write(MOST_BYTES)));
        assert!(!part.send(1, write(1000)));
        let request = v1::BatchWriteRequest { writes: part.writes, ..Default::default() };
        assert!(size(&request) < MAX_REQUEST_BYTES);
    }
}
