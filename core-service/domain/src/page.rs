//! Pages of the users of a site, and which of them a caller gets to see. Must never know how they
//! are found.

use crate::{Caller, User, UserId};

/// Which part of a list is wanted: of users, or of what has other ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<Id = UserId> {
    /// Only those after this one.
    pub after: Option<Id>,
    /// How many of those to pass over.
    pub skip: u64,
    /// At most this many.
    pub limit: u64,
}

/// How many users a site has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Population {
    /// Now, all of them.
    pub users: u64,
    /// How many of them the directory deleted.
    pub deleted: u64,
    /// Grows with everybody who comes or goes, in any scope, so that two equal ones mean the same
    /// users.
    pub membership_version: i64,
}

/// Which users of a site a caller gets to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserScope {
    /// All of them.
    All,
    /// All but those whom the directory deleted.
    NotDeleted,
}

impl UserScope {
    /// Whether a user is among them.
    pub fn shows(self, user: &User) -> bool {
        match self {
            Self::All => true,
            Self::NotDeleted => !user.is_deleted(),
        }
    }
}

impl Caller {
    /// Whom this caller gets to see. For a directory somebody whom it deleted is gone, and it creates
    /// them anew (RFC 7644 section 3.6).
    pub const fn scope(&self) -> UserScope {
        match self {
            Self::Connection { .. } => UserScope::NotDeleted,
            Self::Service { .. } | Self::Admin { .. } | Self::Operator | Self::Core => {
                UserScope::All
            }
        }
    }
}

impl Population {
    /// How many users there are in a scope.
    pub const fn within(&self, scope: UserScope) -> u64 {
        match scope {
            UserScope::All => self.users,
            UserScope::NotDeleted => self.users.saturating_sub(self.deleted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConnectionSettings, ServiceName, SiteId};

    #[test]
    fn a_directory_does_not_count_whom_it_deleted() {
        let service = Caller::Service { name: ServiceName::as_stored("billing".to_owned()) };
        let connection = Caller::Connection {
            site: SiteId(7),
            name: "okta".to_owned(),
            settings: ConnectionSettings::USUAL,
        };
        let population = Population { users: 9, deleted: 2, membership_version: 40 };
        for (caller, users) in
            [(connection, 7), (service, 9), (Caller::Operator, 9), (Caller::Core, 9)]
        {
            assert_eq!(population.within(caller.scope()), users, "{caller:?}");
        }
    }
}
