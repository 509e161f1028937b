//! Decisions: what the caller of a command is told.

use super::{
    Connection, ConnectionPolicy, Group, GroupRule, Notice, Service, ServiceToken, Session, Site,
    Token, User,
};

/// A command that was not refused as a whole.
#[derive(Debug)]
pub struct Decision {
    /// What it was about, as it is now.
    pub answer: Answer,
    /// Whether anything was applied.
    pub changed: bool,
    /// What is not in force.
    pub notices: Vec<Notice>,
    /// Head of the site's ledger: its own position, or that of the last one before it.
    pub revision: i64,
}

/// What was decided about one user of several.
#[derive(Debug)]
pub struct DecidedUser {
    /// The user in force; absent where the request came again and the user is gone.
    pub user: Option<User>,
    /// Whether anything was applied.
    pub changed: bool,
    /// What is not in force.
    pub notices: Vec<Notice>,
    /// Its position in the site's ledger, or that of the last one before it.
    pub revision: i64,
}

/// What a command was about.
#[derive(Debug)]
pub enum Answer {
    /// A user in force; the last one for a deletion.
    User {
        /// The user.
        user: User,
        /// Whether it was created by this.
        created: bool,
        /// Whether it is gone.
        deleted: bool,
    },
    /// Several users, in the order in which they were asked about.
    Users(Vec<DecidedUser>),
    /// A group in force.
    Group {
        /// The group.
        group: Group,
        /// Whether it was created by this.
        created: bool,
    },
    /// A rule from a group to a role.
    GroupRule(GroupRule),
    /// Roles of some users followed from their groups.
    Followed,
    /// A site.
    Site(Site),
    /// What connections may do in a site.
    Settings {
        /// The settings.
        policy: ConnectionPolicy,
        /// Their version.
        version: i64,
    },
    /// A connection.
    Connection(Connection),
    /// A token.
    Token(Token),
    /// A service with its grants.
    Service(Service),
    /// A token of a service.
    ServiceToken(ServiceToken),
    /// A session, or a code for one.
    Session(Session),
    /// Something that is no more.
    Deleted,
}
