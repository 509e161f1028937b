//! Requests that have an id: one that comes again is known by it, and what was decided about it is
//! answered once more without a second effect.
//!
//! Must never know how long they are kept, nor anything of a secret.

use super::unspoken::unspoken;
use super::{
    ConnectionName, GroupId, MetadataKey, Notice, Reason, Refusal, RuledGroup, ServiceName,
    SessionId, SiteId, Timestamp, TokenId, UserId,
};
use serde::{Deserialize, Serialize};

/// The longest id in bytes.
const MAX_ID: usize = 64;

/// What tells a request from others: a hash of everything that it asks, as text.
pub type RequestFingerprint = String;

/// The id that a caller gave to a request.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(String);

unspoken!(RequestId);

impl RequestId {
    /// Reads an id: a UUID, or whatever else is 1 to 64 visible characters of ASCII.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_visible && (1..=MAX_ID).contains(&text.len()) {
            return Ok(Self(text.to_owned()));
        }
        let message = format!(
            "the id of a request is 1 to {MAX_ID} visible characters of ASCII; send a new UUID"
        );
        Err(Refusal::about(Reason::ValueInvalid, "options.request_id", message))
    }

    /// The id of one of several parts that are decided each by itself. No caller has such an id, for it
    /// has a space.
    #[must_use]
    pub fn of_part(&self, index: usize) -> Self {
        Self(format!("{} {index}", self.0))
    }

    /// Takes over one that was parsed before it was stored.
    pub const fn as_stored(text: String) -> Self {
        Self(text)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What makes a request known when it comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestClaim {
    /// The id that its caller gave to it.
    pub id: RequestId,
    /// What it asks.
    pub fingerprint: RequestFingerprint,
}

/// Under what a request is kept: each caller has ids of its own in each site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestKey {
    /// The site that it is about; the installation where that is made or deleted by it.
    pub site: SiteId,
    /// By whom it was asked, as [`Caller`](super::Caller) prints itself.
    pub caller: String,
    /// The id that its caller gave to it.
    pub id: RequestId,
}

/// A request that was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRequest {
    /// Under what it is kept.
    pub key: RequestKey,
    /// What it asked.
    pub fingerprint: RequestFingerprint,
    /// What was decided.
    pub outcome: RequestOutcome,
    /// When.
    pub decided_at: Timestamp,
}

/// What was decided about a request, as far as it takes to answer it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum RequestOutcome {
    /// It was done, as far as the notices don't say otherwise.
    Decided {
        /// What it was about.
        subject: RequestSubject,
        /// Whether anything was applied.
        changed: bool,
        /// What was not in force.
        notices: Vec<Told>,
        /// Head of the site's ledger at that time.
        revision: i64,
    },
    /// It was refused as a whole.
    Refused {
        /// Why.
        refusal: Told,
    },
    /// It is kept in a form that only another version reads.
    #[serde(skip)]
    Unreadable,
}

/// What a request was about that was not refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestSubject {
    /// A user, who is answered as in force.
    User {
        /// The user.
        user: UserId,
        /// Whether it was created by this.
        created: bool,
    },
    /// Several users, in the order in which they were asked about.
    Users(Vec<KeptUser>),
    /// A group, which is answered as in force.
    Group {
        /// The group.
        group: GroupId,
        /// Whether it was created by this.
        created: bool,
    },
    /// A rule about a group, which is answered as in force.
    GroupRule(RuledGroup),
    /// Something that was deleted.
    Deleted,
    /// A new site. What is told of it never changes.
    Site {
        /// Its key.
        site: SiteId,
        /// Its name.
        name: String,
        /// When it was made.
        created_at: Timestamp,
    },
    /// The settings of the site, which are answered as in force.
    Settings,
    /// A connection, which is answered as it is now, and as it was made where it is gone.
    Connection {
        /// Its name.
        connection: ConnectionName,
        /// When it was made.
        created_at: Timestamp,
    },
    /// A token, which is answered as it is now.
    Token(TokenId),
    /// A service, which is answered with the grants in force.
    Service(ServiceName),
    /// A token of a service, which is answered as it is now.
    ServiceToken(TokenId),
    /// A session, or a code for one, which is answered as it is now.
    Session(SessionId),
}

/// What was decided about one user of several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptUser {
    /// The user, who is answered as in force.
    pub user: UserId,
    /// Whether anything was applied.
    pub changed: bool,
    /// What was not in force.
    pub notices: Vec<Told>,
    /// Its position in the site's ledger, or that of the last one before it.
    pub revision: i64,
}

/// What a caller was told with a reason.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    reason: Reason,
    attribute: String,
    message: String,
    metadata: Vec<(MetadataKey, String)>,
}

unspoken!(Told: reason, attribute);

impl From<&Refusal> for Told {
    fn from(refusal: &Refusal) -> Self {
        let Refusal { reason, attribute, message, metadata } = refusal.clone();
        Self { reason, attribute, message, metadata }
    }
}

impl From<&Notice> for Told {
    fn from(notice: &Notice) -> Self {
        let Notice { reason, attribute, message, metadata } = notice.clone();
        Self { reason, attribute, message, metadata }
    }
}

impl Told {
    /// The refusal that was told.
    pub(super) fn refusal(&self) -> Refusal {
        let Self { reason, attribute, message, metadata } = self.clone();
        Refusal { reason, attribute, message, metadata }
    }

    /// The notice that was told.
    pub(super) fn notice(&self) -> Notice {
        self.refusal().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_visible() {
        let longest = "x".repeat(64);
        for good in ["1", "018f3b1e-9f3a-7c3b-8f1e-1f0a6f3c2b1d", "job/7#a~", &longest] {
            assert_eq!(RequestId::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "a b", "a\n", "é", "\u{7f}", &"x".repeat(65)] {
            let refusal = RequestId::parse(bad).unwrap_err();
            let told = (refusal.reason, &*refusal.attribute);
            assert_eq!(told, (Reason::ValueInvalid, "options.request_id"), "{bad:?}");
        }
    }
}
