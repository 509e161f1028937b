//! The snapshot at the beginning of a watch: the users of its sites, page by page.
//!
//! The positions of the ledgers were noted before, so whatever changes meanwhile is told behind it.

use super::super::super::encode;
use super::{BATCH_BYTES, Follower};
use crate::Failure;
use crate::watches::SnapshotPosition;
use provost_proto::v1;
use provost_proto::v1::watch_events_response::Content;

impl Follower {
    /// What is next of the snapshot; none where none is under way.
    pub(super) async fn next_of_snapshot(&mut self) -> Result<Option<Content>, Failure> {
        while let Some(SnapshotPosition { site, after }) = self.snapshot {
            // Nobody is in a deleted site, although rows of theirs may not be removed yet.
            let mut left = self.ledgers.range(site..).filter(|(_, ledger)| !ledger.is_deleted);
            let Some((site, ledger)) = left.next() else {
                self.snapshot = None;
                return Ok(Some(Content::Synced(v1::Synced {})));
            };
            let site = *site;
            let rows = self.users_at_once.number();
            let found = self.state.users.behind(site, after, rows).await?;
            self.users_at_once.learn(found.iter().map(provost_domain::User::size));
            let (mut users, mut bytes, mut last) = (Vec::new(), 0, None);
            for user in found {
                bytes += user.size();
                if bytes > BATCH_BYTES && last.is_some() {
                    break;
                }
                last = Some(user.id);
                users.push(encode::user(user, &ledger.name));
            }
            self.snapshot = Some(match last {
                Some(last) => SnapshotPosition { site, after: Some(last) },
                None => SnapshotPosition { site: provost_domain::SiteId(site.0 + 1), after: None },
            });
            if !users.is_empty() {
                return Ok(Some(Content::Users(v1::UserBatch { users })));
            }
        }
        Ok(None)
    }
}
