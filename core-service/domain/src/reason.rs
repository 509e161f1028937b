//! The closed vocabulary of failure: why something was refused, or is not in force.

use super::MetadataKey;
use super::unspoken::unspoken;
use serde::{Deserialize, Serialize};

/// Why. Published one to one as `provost.identity.v1.ErrorReason`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::EnumIter, strum::Display,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// No credential came with the request.
    TokenMissing,
    /// The credential opens nothing here.
    TokenInvalid,
    /// The certificate of a client names no service.
    CertificateInvalid,
    /// The credential is good, but connections are switched off for the site.
    ConnectionsDisabled,
    /// This caller may not do this.
    CallerNotPermitted,
    /// No site of this name.
    SiteNotFound,
    /// No such user in this site.
    UserNotFound,
    /// No such group in this site.
    GroupNotFound,
    /// No such connection in this site.
    ConnectionNotFound,
    /// No such token in this site.
    TokenNotFound,
    /// No event of this revision in the site's ledger.
    EventNotFound,
    /// A service lacks a permission there.
    GrantMissing,
    /// Nobody asks this on behalf of that user.
    ActorNotPermitted,
    /// What came back from an identity provider lets nobody in, or there is none to ask.
    SignInRefused,
    /// The identity provider gave no answer that is one.
    IdentityProviderFailed,
    /// No service of this name.
    ServiceNotFound,
    /// No certificate of this name with this service.
    CertificateNotFound,
    /// No consumer of this name and caller in this ledger.
    ConsumerNotFound,
    /// A certificate of this name is registered with another service.
    CertificateExists,
    /// A service of this name exists.
    ServiceExists,
    /// Another user of the site has this user name.
    UserNameTaken,
    /// Another group of the site has this display name.
    GroupNameTaken,
    /// A site of this name exists.
    SiteExists,
    /// A connection of this name exists in the site.
    ConnectionExists,
    /// The value is in use as a token.
    TokenExists,
    /// Another token of the site, which opens it still, has this name.
    TokenNameTaken,
    /// The id of the token came with another request.
    TokenIdTaken,
    /// The id of the request came with another one.
    RequestIdReused,
    /// What was decided about the request when it came first was kept by another version.
    OutcomeUnreadable,
    /// The user changed since the version that the caller expected.
    VersionMismatch,
    /// The site's connections do not create users.
    CreationRefused,
    /// The site's connections do not delete users.
    DeletionRefused,
    /// The step enters or leaves Moderator and that switch is off.
    ModeratorPromotionClosed,
    /// The step enters or leaves Admin and that switch is off.
    AdminPromotionClosed,
    /// What is meant where nothing is named can't be deleted.
    DefaultNotDeletable,
    /// The site would be left without an active Admin.
    LastAdmin,
    /// A break-glass account, protected from connections.
    UserProtected,
    /// A hold is lifted by its owner, the operator, and whoever was granted to only.
    HoldNotOwned,
    /// The subject and the user name of a sign-in belong to different people, or it lacks the subject.
    SubjectMismatch,
    /// The other side is in charge of status in the site.
    StatusNotInCharge,
    /// Connections are not switched on in a site without single sign-on.
    SingleSignOnRequired,
    /// A cursor points to another event than it was given for.
    CursorDiverged,
    /// A cursor points behind the newest event.
    CursorAhead,
    /// Events behind a cursor are not kept any longer.
    CursorTrimmed,
    /// A hold keeps the account deactivated although the directory says active.
    HoldInForce,
    /// No hold is left, but the directory says inactive.
    DirectoryInactive,
    /// The token was made before, and its value was never kept.
    TokenValueNotKept,
    /// The user was there already, and what the creation carries was applied as a change.
    UserLinked,
    /// Not one of the three role words.
    RoleUnknown,
    /// An empty or unexpanded role word.
    RoleEmpty,
    /// Not an attribute that is kept.
    AttributeNotKept,
    /// A value is missing, of the wrong type or malformed.
    ValueInvalid,
    /// A filter that can't be evaluated.
    FilterInvalid,
    /// More or longer values than the limits allow.
    LimitExceeded,
    /// More to go through than one command may.
    TooMuchWork,
    /// A selector finds nothing, and no element can be made that it would find.
    NoTarget,
    /// Somebody who is to be a member of a group is no user of this site.
    MemberNotFound,
    /// A page token that does not belong to the request.
    PageTokenInvalid,
    /// A page token that is too old.
    PageTokenExpired,
    /// A cursor that does not belong to the request.
    CursorInvalid,
    /// As many watches as may be.
    TooManyWatches,
    /// A typed token that is too easy to guess.
    TokenWeak,
}

impl Reason {
    /// Whether a notice with this reason tells of something asked and not done, which the ledger
    /// keeps even when nothing else changed. The others only explain the state.
    pub const fn is_recorded(self) -> bool {
        !matches!(
            self,
            Self::HoldInForce
                | Self::DirectoryInactive
                | Self::TokenValueNotKept
                | Self::UserLinked
        )
    }

    /// Whether a refusal with this reason is about who asks. The same request may be done once its caller
    /// is given what it lacks.
    pub const fn is_of_permission(self) -> bool {
        matches!(
            self,
            Self::TokenMissing
                | Self::TokenInvalid
                | Self::CertificateInvalid
                | Self::ConnectionsDisabled
                | Self::CallerNotPermitted
                | Self::GrantMissing
                | Self::ActorNotPermitted
                | Self::SignInRefused
        )
    }

    /// Whether a refusal with this reason is a decision of the law about the site's users, which
    /// the ledger keeps. The others are mistakes in the request.
    pub const fn is_judgement(self) -> bool {
        matches!(
            self,
            Self::CreationRefused
                | Self::DeletionRefused
                | Self::ModeratorPromotionClosed
                | Self::AdminPromotionClosed
                | Self::LastAdmin
                | Self::UserProtected
                | Self::HoldNotOwned
                | Self::StatusNotInCharge
                | Self::SubjectMismatch
                | Self::RoleUnknown
        )
    }
}

/// Nothing was done, and why. Its sentence may quote what was asked, so it is told whoever asked, and nobody else: as an
/// error it says its reason.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("refused: {reason}")]
pub struct Refusal {
    /// For machines.
    pub reason: Reason,
    /// What it is about, in the vocabulary of the contract; empty when it is the whole request.
    pub attribute: String,
    /// For people: one sentence that says what was wrong and what to do.
    pub message: String,
    /// What the sentence names, for machines.
    pub metadata: Vec<(MetadataKey, String)>,
}

unspoken!(Refusal: reason, attribute);

impl Refusal {
    /// A refusal of the request as a whole.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self::about(reason, String::new(), message)
    }

    /// A refusal that is about one attribute.
    pub fn about(reason: Reason, attribute: impl Into<String>, message: impl Into<String>) -> Self {
        let (attribute, message) = (attribute.into(), message.into());
        Self { reason, attribute, message, metadata: Vec::new() }
    }

    /// The same, naming this for machines too.
    #[must_use]
    pub fn naming(mut self, key: MetadataKey, value: &(impl ToString + ?Sized)) -> Self {
        self.metadata.push((key, value.to_string()));
        self
    }
}

/// Something that was asked and is not in force, while the rest of the request was decided.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// For machines.
    pub reason: Reason,
    /// What it is about.
    pub attribute: String,
    /// For people.
    pub message: String,
    /// What the sentence names, for machines. The ledger keeps the sentence alone.
    #[serde(skip)]
    pub metadata: Vec<(MetadataKey, String)>,
}

unspoken!(Notice: reason, attribute);

impl From<Refusal> for Notice {
    fn from(refusal: Refusal) -> Self {
        let Refusal { reason, attribute, message, metadata } = refusal;
        Self { reason, attribute, message, metadata }
    }
}
