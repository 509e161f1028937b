//! How many operations go to the core in one RPC. Must never know what they are about.

use super::plan::BulkStep;
use crate::client::size;
use crate::http::answer::RequestError;
use provost_proto::limits::MAX_REQUEST_BYTES;
use provost_proto::v1;

/// So many operations at a time: the core decides them in a few groups.
const MOST: usize = 256;
/// So many bytes, less than one RPC may have.
const MOST_BYTES: usize = MAX_REQUEST_BYTES - 64 * 1024;

/// Steps that are done together, in their order.
#[derive(Default)]
pub(super) struct BulkPart {
    /// Each with why it is not sent, if it is not.
    pub steps: Vec<(BulkStep, Option<RequestError>)>,
    /// What is sent of those that are.
    pub writes: Vec<v1::BatchWrite>,
    bytes: usize,
}

impl BulkPart {
    /// Whether one more step has a place, where so many more errors are borne.
    pub fn is_open(&self, errors: usize) -> bool {
        self.steps.len() < MOST.min(errors)
    }

    /// Adds a step that is not sent.
    pub fn refuse(&mut self, step: BulkStep, failure: RequestError) {
        self.steps.push((step, Some(failure)));
    }

    /// Adds what is sent for a step, if there is room for it beside the others.
    pub fn send(&mut self, step: BulkStep, write: v1::BatchWrite) -> bool {
        let bytes = self.bytes + size(&write) + 8;
        if !self.writes.is_empty() && bytes > MOST_BYTES {
            return false;
        }
        self.bytes = bytes;
        self.steps.push((step, None));
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
    fn a_part_never_has_more_than_may_fail() {
        let mut part = BulkPart::default();
        assert!(part.is_open(1) && !part.is_open(0));
        assert!(part.send(BulkStep::Operation(0), write(1)));
        assert!(!part.is_open(1) && part.is_open(2));
        for number in 1..MOST {
            assert!(part.is_open(usize::MAX));
            assert!(part.send(BulkStep::Operation(number), write(1)));
        }
        assert!(!part.is_open(usize::MAX));
    }

    #[test]
    fn what_has_no_room_waits_for_the_next_part_and_never_for_ever() {
        let mut part = BulkPart::default();
        assert!(part.send(BulkStep::Operation(0), write(MOST_BYTES)));
        assert!(!part.send(BulkStep::Operation(1), write(1000)));
        let request = v1::BatchWriteRequest { writes: part.writes, ..Default::default() };
        assert!(size(&request) < MAX_REQUEST_BYTES);
    }
}
