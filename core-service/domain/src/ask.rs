//! What is asked of the judge, what a decision depends on, and what comes of it.

use super::{
    Caller, Change, Creation, Event, Notice, Refusal, SignIn, Site, Timestamp, User, UserId,
    UserNameKey,
};

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// Apply these changes to a user, in order.
    Change(Vec<Change>),
    /// Create a user.
    Create(Creation),
    /// A valid assertion was seen.
    SignIn(SignIn),
    /// Delete a user.
    Delete,
}

/// Something asked about one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// By whom.
    pub caller: Caller,
    /// What.
    pub verb: Verb,
    /// The version that the caller believes the user to have.
    pub expected_version: Option<i64>,
    /// The trace in which it is asked.
    pub trace_id: Option<String>,
}

/// What a decision depends on besides the ask and the user.
pub struct Case<'a> {
    /// The site, with its policy in force.
    pub site: &'a Site,
    /// The present.
    pub now: Timestamp,
    /// The id for a user that may be created.
    pub fresh_id: UserId,
    /// How many active Admins the site has besides the user asked about.
    pub other_active_admins: u64,
    /// Who in the site has a user name.
    pub owner_of: &'a dyn Fn(&UserNameKey) -> Option<UserId>,
}

/// What was decided.
#[derive(Debug)]
pub struct Verdict {
    /// What the caller is told.
    pub answer: Result<Answer, Refusal>,
    /// What the ledger is told, if anything; its revision is not given yet.
    pub event: Option<Event>,
}

/// What the caller is told when the ask was not refused as a whole.
#[derive(Debug)]
pub struct Answer {
    /// The user in force; the last one for a deletion.
    pub user: User,
    /// Whether anything was applied.
    pub changed: bool,
    /// Whether the user was created by this.
    pub created: bool,
    /// Whether the user is gone.
    pub deleted: bool,
    /// What is not in force.
    pub notices: Vec<Notice>,
}
