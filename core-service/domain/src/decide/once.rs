//! A request with an id is decided once: when it comes again, what was decided is answered, and
//! nothing is done.

use super::{Context, act, services};
use crate::{
    AccessAction, Action, Answer, Command, Connection, ConnectionPolicy, DecidedUser, Decision,
    GroupRules, KeptRequest, KeptUser, MetadataKey, Notice, Reason, Refusal, RequestClaim,
    RequestKey, RequestOutcome, RequestSubject, SessionAction, Site, SiteId, State, Told,
    unknown_service_token, unknown_token,
};

/// The most notices that are kept of a request, and told again when it is repeated: there may be one for
/// each of its changes.
const MOST_NOTICES: usize = 100;

/// Decides a command that its caller may ask.
pub(super) fn decide(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
) -> Result<Decision, Refusal> {
    let Some((key, claim)) = command.claimed() else { return act(state, context, command) };
    if let Some(kept) = state.kept_request(&key) {
        return repeat(state, command, claim, kept);
    }
    let decided = act(state, context, command);
    // With its id it would be refused still when its caller has what it lacks today.
    if decided.as_ref().is_err_and(|refusal| refusal.reason.is_of_permission()) {
        return decided;
    }
    let (fingerprint, outcome) = (claim.fingerprint.clone(), outcome(&decided));
    state.keep_request(KeptRequest { key, fingerprint, outcome, decided_at: context.now });
    decided
}

impl Command {
    /// Under what it is kept, if its caller gave it an id. What is only tried has no effect that
    /// could come twice.
    pub(crate) fn claimed(&self) -> Option<(RequestKey, &RequestClaim)> {
        let claim = self.request.as_ref().filter(|_| !self.validate_only)?;
        // Afterwards the name of the site means none, or another one.
        let is_of_site = !matches!(self.action, Action::CreateSite { .. } | Action::DeleteSite);
        let site = self.site.filter(|_| is_of_site).unwrap_or(SiteId::INSTALLATION);
        let key = RequestKey { site, caller: self.caller.to_string(), id: claim.id.clone() };
        Some((key, claim))
    }
}

fn outcome(decided: &Result<Decision, Refusal>) -> RequestOutcome {
    match decided {
        Err(refusal) => RequestOutcome::Refused { refusal: refusal.into() },
        Ok(Decision { answer, changed, notices, revision }) => {
            let subject = match answer {
                Answer::User { deleted: true, .. } | Answer::Deleted | Answer::Followed => {
                    RequestSubject::Deleted
                }
                Answer::GroupRule(rule) => RequestSubject::GroupRule(rule.group.clone()),
                Answer::User { user, created, .. } => {
                    RequestSubject::User { user: user.id, created: *created }
                }
                Answer::Users(users) => {
                    let mut room = MOST_NOTICES;
                    let kept = users.iter().filter_map(|user| kept_user(user, &mut room));
                    RequestSubject::Users(kept.collect())
                }
                Answer::Group { group, created } => {
                    RequestSubject::Group { group: group.id, created: *created }
                }
                Answer::Site(Site { id, name, created_at, .. }) => {
                    let (site, name, created_at) = (*id, name.clone(), *created_at);
                    RequestSubject::Site { site, name, created_at }
                }
                Answer::Settings { .. } => RequestSubject::Settings,
                Answer::Connection(Connection { name, created_at, .. }) => {
                    let (connection, created_at) = (name.clone(), *created_at);
                    RequestSubject::Connection { connection, created_at }
                }
                Answer::Token(token) => RequestSubject::Token(token.id),
                Answer::Service(service) => RequestSubject::Service(service.name.clone()),
                Answer::ServiceToken(token) => RequestSubject::ServiceToken(token.id),
                Answer::Session(session) => RequestSubject::Session(session.id),
            };
            let notices = notices.iter().take(MOST_NOTICES).map(Into::into).collect();
            RequestOutcome::Decided { subject, changed: *changed, notices, revision: *revision }
        }
    }
}

/// Keeps as many notices as there is room for.
fn kept_user(decided: &DecidedUser, room: &mut usize) -> Option<KeptUser> {
    let DecidedUser { user, changed, notices, revision } = decided;
    let user = user.as_ref()?.id;
    let notices: Vec<Told> = notices.iter().take(*room).map(Into::into).collect();
    *room -= notices.len();
    Some(KeptUser { user, changed: *changed, notices, revision: *revision })
}

fn repeat(
    state: &State,
    command: &Command,
    claim: &RequestClaim,
    kept: &KeptRequest,
) -> Result<Decision, Refusal> {
    if kept.fingerprint != claim.fingerprint {
        return Err(Refusal::about(
            Reason::RequestIdReused,
            "options.request_id",
            "the request id came with another request before; send a new id, or repeat that \
             request as it was",
        )
        .naming(MetadataKey::RequestId, claim.id.as_str()));
    }
    match &kept.outcome {
        RequestOutcome::Refused { refusal } => Err(refusal.refusal()),
        RequestOutcome::Unreadable => Err(Refusal::about(
            Reason::OutcomeUnreadable,
            "options.request_id",
            "this request was decided before, by another version of the service whose outcome this one \
             can't read; read what it was about, and where more is wanted ask for that with a new id",
        )
        .naming(MetadataKey::RequestId, claim.id.as_str())),
        RequestOutcome::Decided { subject, changed, notices, revision } => {
            let mut notices: Vec<Notice> = notices.iter().map(Told::notice).collect();
            let answer = answer(state, command, subject)?;
            if makes_token(&command.action) {
                notices.push(value_not_kept());
            }
            if matches!(command.action, Action::RevealToken { .. }) {
                notices.push(not_shown_again());
            }
            Ok(Decision { answer, changed: *changed, notices, revision: *revision })
        }
    }
}

const fn makes_token(action: &Action) -> bool {
    matches!(
        action,
        Action::CreateToken(_)
            | Action::Access(AccessAction::CreateToken(_))
            | Action::Session(SessionAction::Create { .. })
    )
}

/// What is told of a token that is not made anew by a request that comes again.
pub(super) fn value_not_kept() -> Notice {
    Refusal::about(
        Reason::TokenValueNotKept,
        "value",
        "the token was made when this request came first, and its value was shown then; if it is \
         lost, revoke the token and make another one",
    )
    .into()
}

/// What is told of a token whose value was shown by a request that comes again: the ledger has one line for it.
fn not_shown_again() -> Notice {
    Refusal::about(
        Reason::TokenValueNotKept,
        "value",
        "the value was shown when this request came first; to see it again, ask with a new id",
    )
    .into()
}

/// What a request was about that comes again, as it is now.
fn answer(state: &State, command: &Command, subject: &RequestSubject) -> Result<Answer, Refusal> {
    match subject {
        RequestSubject::Deleted => Ok(Answer::Deleted),
        // Whoever asked for the deletion was told nothing of the user.
        RequestSubject::User { .. } if matches!(command.action, Action::DeleteUser { .. }) => {
            Ok(Answer::Deleted)
        }
        RequestSubject::User { user, created } => {
            let site = state.site(command.site)?;
            site.admits(&command.caller)?;
            let found = state.user(site.id, *user);
            let found = found.filter(|user| command.caller.scope().shows(user));
            let user = found.cloned().ok_or_else(|| {
                let message =
                    "this request was done before, and its user has been deleted since then";
                Refusal::new(Reason::UserNotFound, message)
            })?;
            Ok(Answer::User { user, created: *created, deleted: false })
        }
        RequestSubject::Users(kept) => {
            let site = state.site(command.site)?;
            site.admits(&command.caller)?;
            let seen = |id| {
                let found = state.user(site.id, id);
                found.filter(|user| command.caller.scope().shows(user)).cloned()
            };
            let users = kept.iter().map(|kept| DecidedUser {
                user: seen(kept.user),
                changed: kept.changed,
                notices: kept.notices.iter().map(Told::notice).collect(),
                revision: kept.revision,
            });
            Ok(Answer::Users(users.collect()))
        }
        RequestSubject::Group { group, created } => {
            let site = state.site(command.site)?;
            site.admits(&command.caller)?;
            let group = state.group(site.id, *group).cloned().ok_or_else(|| {
                let message =
                    "this request was done before, and its group has been deleted since then";
                Refusal::new(Reason::GroupNotFound, message)
            })?;
            Ok(Answer::Group { group, created: *created })
        }
        RequestSubject::GroupRule(group) => {
            let known = state.site(command.site)?.group_rules.about(group);
            let rule = known.cloned().ok_or_else(|| {
                let message =
                    "this request was done before, and its rule has been deleted since then";
                Refusal::new(Reason::GroupNotFound, message)
            })?;
            Ok(Answer::GroupRule(rule))
        }
        RequestSubject::Site { site, name, created_at } => Ok(Answer::Site(Site {
            id: *site,
            name: name.clone(),
            revision: 0,
            last_event_at: None,
            version: 1,
            policy: ConnectionPolicy::default(),
            created_at: *created_at,
            group_rules: GroupRules::default(),
            group_count: 0,
        })),
        RequestSubject::Settings => {
            let Site { policy, version, .. } = state.site(command.site)?.clone();
            Ok(Answer::Settings { policy, version })
        }
        RequestSubject::Connection { connection, created_at } => {
            let site = state.site(command.site)?.id;
            let known = state.connection(site, connection).cloned();
            let as_made = || Connection::new(0, site, connection.clone(), *created_at);
            Ok(Answer::Connection(known.unwrap_or_else(as_made)))
        }
        RequestSubject::Token(id) => {
            let site = state.site(command.site)?.id;
            let token = state.token(site, *id).cloned();
            Ok(Answer::Token(token.ok_or_else(unknown_token)?))
        }
        RequestSubject::Service(name) => Ok(Answer::Service(services::found(state, name)?)),
        RequestSubject::ServiceToken(id) => {
            let token = state.service_token(*id).cloned();
            Ok(Answer::ServiceToken(token.ok_or_else(unknown_service_token)?))
        }
        RequestSubject::Session(id) => {
            let session = state.session(*id).cloned();
            Ok(Answer::Session(session.ok_or_else(unknown_token)?))
        }
    }
}
