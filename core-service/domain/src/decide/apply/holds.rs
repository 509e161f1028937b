//! Changes of a user's holds. Must never ask what the directory says.

use super::Draft;
use crate::hold::MAX_HOLDS;
use crate::{Caller, Expiration, Hold, HoldName, MetadataKey, Permission, Reason, Refusal};

impl Draft<'_> {
    pub(super) fn place_hold(
        &mut self,
        name: &HoldName,
        note: &str,
        expiration: Option<Expiration>,
    ) -> Result<(), Refusal> {
        if let Caller::Connection { .. } = self.caller {
            return Err(Refusal::about(
                Reason::CallerNotPermitted,
                "holds",
                "a connection can't place holds; it sets the status",
            ));
        }
        if *name == HoldName::manual() {
            // A deactivation, whichever RPC it comes by.
            self.admit_local("holds")?;
        }
        let now = self.context.now;
        let expires_at = expiration.map(|end| end.seen_from(now, "hold")).transpose()?;
        let mut holds = self.user.holds.iter_mut();
        if let Some(standing) = holds.find(|hold| hold.name == *name) {
            let note = if note.is_empty() { &standing.note } else { note };
            if standing.note != note || standing.expires_at != expires_at {
                standing.admits(self.context.command)?;
                (standing.note, standing.expires_at) = (note.to_owned(), expires_at);
            }
            return Ok(());
        }
        if self.user.holds.len() >= MAX_HOLDS {
            return Err(Refusal::about(
                Reason::LimitExceeded,
                "holds",
                format!("the user has {MAX_HOLDS} holds, which is the most; lift one first"),
            )
            .naming(MetadataKey::Limit, &MAX_HOLDS));
        }
        let (name, owner, note) =
            (name.clone(), self.context.command.owner_of_holds(), note.to_owned());
        let hold = Hold { name, owner, note, placed_at: now, expires_at };
        self.step("holds", |user| user.holds.push(hold))
    }

    pub(super) fn lift_hold(&mut self, name: &HoldName) -> Result<(), Refusal> {
        let Some(hold) = self.user.hold(name) else { return Ok(()) };
        if !self.context.may(Permission::LiftHolds) {
            hold.admits(self.context.command)?;
        }
        self.user.holds.retain(|hold| hold.name != *name);
        Ok(())
    }

    /// Whoever asks: the holds themselves say when they end.
    pub(super) fn lift_expired_holds(&mut self) {
        let now = self.context.now;
        self.user.holds.retain(|hold| !hold.has_expired(now));
    }
}
