//! The law: who may be in, and with which role.
//!
//! Owns the values of the vocabulary and the pure functions that decide. Must never know
//! clocks, randomness, databases, wire formats or the words of any protocol: whatever a
//! decision depends on is passed in, so the same question always has the same answer.

mod access_action;
mod acting;
mod activity;
mod asked;
mod assertion_name;
mod caller;
mod certificate_name;
mod change;
mod changes;
mod command;
mod comparison;
mod connection;
mod consumer;
mod decide;
mod decision;
mod document;
mod event;
mod event_parts;
mod expiration;
mod explanation;
mod filter;
mod fold;
mod grant;
mod group;
mod group_action;
mod group_filter;
mod group_rule;
mod hold;
mod ids;
mod legible;
mod list_edit;
mod look_up;
mod membership;
mod metadata;
mod needs;
mod page;
mod permission;
mod profile;
mod prospect;
mod reason;
mod recorded;
mod refused_request;
mod request;
mod retention;
mod role;
mod schema;
mod service;
mod service_access;
mod session;
mod settings;
mod site;
mod snapshot;
mod sort;
mod standing;
mod state;
mod subject;
#[cfg(test)]
mod tests;
mod token;
mod turn;
mod unspoken;
mod user;
mod user_name;
mod value;
mod work;

pub use access_action::AccessAction;
pub use acting::{admins_act_for_nobody, admit_acting, admit_admin, connections_act_for_nobody};
pub use activity::{ConnectionActivity, ExpiringToken, TokenOwner};
pub use asked::Asked;
pub use assertion_name::AssertionName;
pub use caller::Caller;
pub use certificate_name::{
    CertificateName, CertificateRegistration, CertificateSnapshot, certificate_opens_nothing,
    unknown_certificate,
};
pub use change::{Change, Creation, Replacement, SignIn};
pub use changes::{Changes, Saved, SavedService};
pub use command::{Action, BatchPart, Command, ExpectedVersion};
pub use comparison::{Comparison, OrderOperator, TextOperator};
pub use connection::{
    Connection, ConnectionChange, ConnectionDialect, ConnectionName, ConnectionSettings,
    unknown_connection,
};
pub use consumer::{
    Acknowledgement, Consumer, ConsumerLag, ConsumerName, MAX_CONSUMERS, MAX_CONSUMERS_OF_CALLER,
    ReachedLedger, admit_deletion_of_consumer, cut_off_since, ledger_out_of_reach,
    too_many_consumers, too_many_consumers_of_caller, unknown_consumer,
};
use decide::protection;
pub use decide::{Context, decide};
pub use decision::{Answer, DecidedUser, Decision};
pub use document::stored_bytes;
pub use event::{Event, EventBody, Outcome};
pub use event_parts::{
    ConnectionSnapshot, GrantSnapshot, ServiceSnapshot, ServiceTokenSnapshot, TokenSnapshot,
    UnreadDocument,
};
pub use expiration::Expiration;
pub use explanation::{AskedCall, CallMatter, Explanation, explain};
pub use filter::{
    ElementFilter, ElementPart, ElementTest, Filter, KeyField, TimeField, UserFilter,
    UserGroupFilter, UserGroupTest, UserTest,
};
pub use fold::fold;
pub use grant::{Grant, GrantScope, Grants, MAX_GRANTS};
pub use group::{Group, GroupName, GroupNameKey, GroupSnapshot, unknown_group, unknown_members};
pub use group_action::{GroupAction, GroupChange, GroupCreation};
pub use group_filter::{GroupFilter, GroupKey, GroupTest, MemberFilter, MemberTest};
pub use group_rule::{
    ForeseenRole, GroupRule, GroupRules, RenamedRoles, RuleRun, RuledGroup, RunPlace, RunStage,
    RunStep, foresee_role,
};
pub use hold::{ExpiringHold, Hold, HoldName, HoldNote};
pub use ids::{GroupId, SessionId, SiteId, Timestamp, TokenId, UserId};
pub use list_edit::{ListEdit, ListOperation};
pub use look_up::{LookUp, sought_address};
pub use membership::{FoundMember, ListedMember, ListedUserGroup, Membership, Presence};
pub use metadata::MetadataKey;
pub use needs::{MOST_KNOWN_ALIKE, Needs, needs};
pub use page::{Page, Population, UserScope};
pub use permission::{Permission, Requirement};
pub use profile::Profile;
pub use prospect::{ExpectedChange, ExpectedRole, Prospect, RefusedUser};
pub use reason::{Notice, Reason, Refusal};
pub use recorded::{
    EventFilter, EventIdentity, EventOrder, LedgerEnd, RecordedEvent, RecordedNotice,
    RecordedOutcome, WatchedLedger,
};
pub use refused_request::RefusedRequest;
pub use request::{
    KeptRequest, KeptUser, RequestClaim, RequestFingerprint, RequestId, RequestKey, RequestOutcome,
    RequestSubject, Told,
};
pub use retention::LedgerRetention;
pub use role::Role;
pub use schema::{AttributeName, AttributeType, ProfileAttribute, ProfileSchema};
pub use service::{
    MAX_SERVICE_TOKENS, MAX_SERVICES, NewServiceToken, Service, ServiceCaller, ServiceName,
    ServiceToken, ServiceTokenCreation, ServiceTokenKind, unknown_service, unknown_service_token,
};
pub use service_access::{AskingService, Place, ServiceAccess};
pub use session::{
    NewSession, Session, SessionAction, SessionHolder, SessionKind, SessionSnapshot,
};
pub use settings::SettingsChange;
pub use site::{
    ConnectionPolicy, CreationPolicy, DeletionPolicy, FIRST_CONNECTION, KnownUserPolicy,
    NameHolder, RefusalPolicy, Site, SiteName, StatusAuthority, unknown_site,
};
pub use snapshot::UserSnapshot;
pub use sort::{
    GroupSort, GroupSortKey, MAX_SORTED, Sort, SortPosition, SortValue, UserSort, UserSortKey,
    check_sorted,
};
pub use standing::{
    RoleHolder, Standing, StandingChange, StandingDecision, shown_after, shown_before,
};
pub use state::{Current, Loaded, State, Tracked};
pub use subject::Subject;
pub use token::{
    CallerToken, MIN_TYPED_TOKEN, NewToken, SealedValue, Token, TokenCreation, TokenHash,
    TokenName, accept_typed_token, for_the_operator, token_opens_nothing, unknown_token,
    value_can_not_be_shown,
};
pub use turn::{Turn, UNKNOWN_WORK};
pub use user::{DirectoryStatus, ExternalId, RecordedReason, RecordedRefusal, User};
pub use user_name::{UserName, UserNameKey};
pub use value::{Attributes, Decimal, Value};
