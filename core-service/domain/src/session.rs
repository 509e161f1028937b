//! Sessions: somebody who is signed in to the console, and codes by which they sign in.
//!
//! Must never know a token's value, nor what a session is used for.

use super::{Caller, Command, SessionId, SiteId, Timestamp, TokenHash, UserId};
use serde::{Deserialize, Serialize};

/// Microseconds of a minute.
const MINUTE: i64 = 60_000_000;
/// How long a session lasts at most, however much it is used.
const LIFETIME: i64 = 8 * 60 * MINUTE;
/// How long a session lasts that nobody uses.
const IDLE: i64 = 30 * MINUTE;
/// How long a code can be used.
const CODE_LIFETIME: i64 = 60 * MINUTE;

/// What was made for somebody to sign in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// A session: its token opens what its holder may.
    SignedIn,
    /// A code, good for one session.
    SignInCode,
}

impl SessionKind {
    const fn lifetime(self) -> i64 {
        match self {
            Self::SignedIn => LIFETIME,
            Self::SignInCode => CODE_LIFETIME,
        }
    }
}

/// Whose a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionHolder {
    /// The operator's.
    Operator,
    /// An Admin's of a site, as long as they are an active one.
    Admin {
        /// The site.
        site: SiteId,
        /// The user of that site.
        user: UserId,
    },
}

impl SessionHolder {
    /// Whose a session is that is made by this command: who asks for it has it.
    pub(super) const fn of(command: &Command) -> Self {
        match (&command.caller, command.site) {
            (Caller::Admin { user }, Some(site)) => Self::Admin { site, user: *user },
            _ => Self::Operator,
        }
    }
}

/// A session, or a code for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id, which is not its token.
    pub id: SessionId,
    /// Which of both it is.
    pub kind: SessionKind,
    /// Whose it is.
    pub holder: SessionHolder,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it opens nothing, however much it is used.
    pub expires_at: Timestamp,
    /// When it was last used, as far as that is known.
    pub last_used_at: Timestamp,
}

impl Session {
    /// One that is made now.
    pub(super) const fn new(
        id: SessionId,
        (kind, holder): (SessionKind, SessionHolder),
        now: Timestamp,
    ) -> Self {
        let expires_at = Timestamp(now.0.saturating_add(kind.lifetime()));
        Self { id, kind, holder, created_at: now, expires_at, last_used_at: now }
    }

    /// Whether its token opens something.
    pub fn is_live(&self, now: Timestamp) -> bool {
        let is_idle = now.0.saturating_sub(self.last_used_at.0) >= IDLE;
        let is_left = self.kind == SessionKind::SignedIn && is_idle;
        now < self.expires_at && !is_left
    }
}

/// What an event shows of a session, or of a code for one, never its token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSnapshot {
    /// Its id.
    pub session: SessionId,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// A session to be kept, with what its token is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// The session.
    pub session: Session,
    /// The hash of its token.
    pub hash: TokenHash,
}

/// What is asked about sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionAction {
    /// Makes a session, or a code for one.
    Create {
        /// Which of both.
        kind: SessionKind,
        /// The hash of its token.
        hash: TokenHash,
        /// The code that is used up by it, where one was shown.
        code: Option<SessionId>,
    },
    /// Ends a session.
    End {
        /// The session.
        session: SessionId,
    },
}

impl SessionAction {
    /// The session or code that there may be.
    pub(super) const fn known(&self) -> Option<SessionId> {
        match self {
            Self::Create { code, .. } => *code,
            Self::End { session } => Some(*session),
        }
    }

    /// Whether somebody loses access by it.
    pub(super) const fn cuts_off(&self) -> bool {
        matches!(self, Self::End { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_session_ends_after_eight_hours_or_half_an_hour_unused() {
        let id = SessionId(Uuid::nil());
        let at = |minutes: i64| Timestamp(minutes * MINUTE);
        let session = Session::new(id, (SessionKind::SignedIn, SessionHolder::Operator), at(0));
        assert!(session.is_live(at(29)));
        assert!(!session.is_live(at(30)));
        let used = Session { last_used_at: at(470), ..session };
        assert!(used.is_live(at(479)));
        assert!(!used.is_live(at(480)));
        let code = Session::new(id, (SessionKind::SignInCode, SessionHolder::Operator), at(0));
        assert!(code.is_live(at(59)));
        assert!(!code.is_live(at(60)));
    }
}
