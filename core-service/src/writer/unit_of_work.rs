//! The unit of work: what a group of commands needs is loaded once, the law decides over it, and
//! what it leaves is committed as a whole.

use crate::store::{GroupWriter, WriteGroup};
use crate::{StoreError, clock};
use provost_domain::{Changes, Command, Needs, State, Timestamp, needs};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A group that has begun. Dropped without [`UnitOfWork::commit`], it leaves no trace.
pub(super) struct UnitOfWork<'w> {
    group: WriteGroup<'w>,
    /// What the law decides over.
    pub(super) state: State,
    /// When it is decided.
    pub(super) now: Timestamp,
}

impl<'w> UnitOfWork<'w> {
    /// Begins a group: holds the sites and loads whatever the law says these commands need.
    pub(super) async fn begin<'c>(
        writer: &'w mut GroupWriter,
        commands: impl Iterator<Item = &'c Command> + Clone,
    ) -> Result<Self, StoreError> {
        let mut state = State::default();
        let Needs { sites, users, callers, .. } = guarded(|| needs(&state, commands.clone()))?;
        let (mut group, loaded) = writer.begin(&sites, &users, &callers).await?;
        state.take_in(Needs { sites, users, callers, ..Needs::default() }, loaded);
        loop {
            let needs = guarded(|| needs(&state, commands.clone()))?;
            if needs.is_empty() {
                return Ok(Self { group, state, now: clock::next_moment() });
            }
            let loaded = group.load(&needs).await?;
            state.take_in(needs, loaded);
        }
    }

    /// Saves what the decisions left and makes it durable.
    pub(super) async fn commit(self) -> Result<Changes, StoreError> {
        let Self { group, state, .. } = self;
        let changes = guarded(|| state.into_changes())?;
        group.commit(&changes).await?;
        Ok(changes)
    }
}

/// A panic of the law is a fault of ours in one of the commands. It must not end the only writer.
pub(super) fn guarded<T>(law: impl FnOnce() -> T) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(law)).map_err(|_| StoreError::Panicked)
}
