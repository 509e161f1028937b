//! Requests with ids, as the state holds them. Must never know what is answered to one that comes again.

use super::{Current, State, Tracked, asked_for};
use crate::{KeptRequest, RequestKey};

impl State {
    /// A request that was decided before, also in this group.
    pub(crate) fn kept_request(&self, key: &RequestKey) -> Option<&KeptRequest> {
        asked_for(self.requests.get(key), "a request").now()
    }

    pub(crate) fn keep_request(&mut self, request: KeptRequest) {
        let key = request.key.clone();
        let tracked = self.requests.entry(key).or_insert(const { Tracked::loaded(None) });
        tracked.current = Current::Changed(request);
    }
}
