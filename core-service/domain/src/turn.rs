//! Turns: what the order follows from in which waiting commands are decided.
//!
//! Says whose share a command takes, what it seems to cost, and what it may overtake. Must never
//! know how commands wait.

use super::{Action, Change, Command, DirectoryStatus, ListEdit, ListOperation, SiteId, UserId};

/// What is done for every command, whatever it asks: a row read and written, a line in the ledger.
const FIXED_COST: u64 = 100;
/// What is reckoned for a command of which nobody knows before it is decided what it goes through, such as
/// one about all members of a group: as much as one transaction is given.
pub const UNKNOWN_WORK: u64 = 50_000;
/// How many elements a list has, as far as is known before it is read.
const USUAL_LIST: u64 = 10;

/// What the place of a command among those that wait follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Whose share it takes; none for one that makes a site.
    pub site: Option<SiteId>,
    /// What the law seems to have to go through for it, in elements of lists. What it really is
    /// shows when the user is there.
    pub work: u64,
    /// The user that it names by id.
    user: Option<UserId>,
    /// Whether somebody loses access by it.
    cuts_off: bool,
    /// Whether what cuts somebody else off may be decided before it.
    gives_way: bool,
}

impl Turn {
    /// What it seems to cost altogether.
    pub const fn cost(&self) -> u64 {
        FIXED_COST + self.work
    }

    /// The same place for a command that is to be decided behind all that were there earlier.
    #[must_use]
    pub const fn overtaking_nothing(self) -> Self {
        Self { cuts_off: false, ..self }
    }

    /// Whether it may be decided before a command of the same site that was there earlier. What is
    /// about one user keeps its order; a command that finds its user otherwise than by id may be
    /// about anybody.
    pub fn may_overtake(&self, earlier: &Self) -> bool {
        self.cuts_off && earlier.gives_way && self.user != earlier.user
    }
}

impl Command {
    /// What its place among those that wait follows from.
    pub fn turn(&self) -> Turn {
        let cuts_off = self.action.cuts_off();
        // Whether the last Admin may be cut off depends on who is made one before.
        let gives_way = matches!(self.action, Action::ChangeUser { .. })
            && !cuts_off
            && !self.action.makes_admin();
        let (site, work, user) = (self.site, self.action.work(), self.action.user());
        Turn { site, work, user, cuts_off, gives_way }
    }
}

impl Action {
    fn cuts_off(&self) -> bool {
        match self {
            Self::DeleteUser { .. }
            | Self::DeleteSite
            | Self::DeleteConnection { .. }
            | Self::RevokeToken { .. } => true,
            Self::ChangeUser { changes, .. } => changes.iter().any(Change::cuts_off),
            Self::Access(action) => action.cuts_off(),
            Self::Session(action) => action.cuts_off(),
            Self::CreateUser(_)
            | Self::RegisterSignIn(_)
            | Self::Batch(_)
            | Self::CreateSite { .. }
            | Self::UpdateSettings(_)
            | Self::CreateConnection { .. }
            | Self::UpdateConnection(_)
            | Self::CreateToken(_)
            | Self::RevealToken { .. }
            | Self::Group(_) => false,
        }
    }

    fn work(&self) -> u64 {
        let changes: u64 = self.changes().iter().map(Change::work).sum();
        match self {
            Self::RegisterSignIn(sign_in) => changes + sign_in.profile.weight(),
            Self::Batch(parts) => parts.iter().map(|part| FIXED_COST + part.action.work()).sum(),
            Self::Group(action) => action.work(),
            _ => changes,
        }
    }
}

impl Change {
    fn cuts_off(&self) -> bool {
        match self {
            Self::SetDirectoryStatus(status) => *status != DirectoryStatus::Active,
            Self::Replace(replacement) => {
                replacement.directory_status.is_some_and(|status| status != DirectoryStatus::Active)
            }
            Self::PlaceHold { .. } => true,
            Self::Activate
            | Self::SetRole(_)
            | Self::SetUserName(_)
            | Self::SetExternalId(_)
            | Self::SetAttribute(..)
            | Self::EditList(_)
            | Self::LiftHold(_)
            | Self::LiftExpiredHolds
            | Self::SetSubject(_)
            | Self::ForgetSubject
            | Self::FollowGroups
            | Self::Ignored(_) => false,
        }
    }

    fn work(&self) -> u64 {
        match self {
            Self::EditList(edit) => edit.work(),
            Self::SetAttribute(_, value) => value.as_ref().map_or(1, super::Value::weight),
            Self::Replace(replacement) => replacement.profile.weight(),
            Self::SetDirectoryStatus(_)
            | Self::Activate
            | Self::SetRole(_)
            | Self::SetUserName(_)
            | Self::SetExternalId(_)
            | Self::PlaceHold { .. }
            | Self::LiftHold(_)
            | Self::LiftExpiredHolds
            | Self::SetSubject(_)
            | Self::ForgetSubject
            | Self::FollowGroups
            | Self::Ignored(_) => 1,
        }
    }
}

impl ListEdit {
    fn work(&self) -> u64 {
        let tests = self.selector.as_ref().map_or(1, super::ElementFilter::tests) as u64;
        let brought: u64 = match &self.edit {
            ListOperation::Add(elements) | ListOperation::Replace(elements) => {
                elements.iter().map(super::Value::weight).sum()
            }
            ListOperation::Merge(values) => values.values().map(super::Value::weight).sum(),
            ListOperation::Clear(_) | ListOperation::Remove => 0,
        };
        USUAL_LIST * tests + brought
    }
}
