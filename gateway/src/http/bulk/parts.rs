//! How many operations go to the core in one RPC. Must never know what they are about.

use crate::client::size;
use provost_proto::limits::MAX_REQUEST_BYTES;
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
}

impl BulkPart {
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Adds what is sent of an operation, if there is room for it beside the others.
    pub fn send(&mut self, number: usize, write: v1::BatchWrite) -> bool {
        let bytes = self.bytes + size(&write) + 8;
        if self.writes.len() >= MOST || (!self.is_empty() && bytes > MOST_BYTES) {
            return false;
        }
        self.bytes = bytes;
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
    fn what_has_no_room_waits_for_the_next_part_and_never_for_ever() {
        let mut part = BulkPart::default();
        assert!(part.send(0, write(MOST_BYTES)));
        assert!(!part.send(1, write(1000)));
        let request = v1::BatchWriteRequest { writes: part.writes, ..Default::default() };
        assert!(size(&request) < MAX_REQUEST_BYTES);
    }
}
