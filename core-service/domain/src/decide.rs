//! The judge: one command, decided over the loaded state.

mod access;
mod apply;
mod last_admin;
mod record;
mod site;
mod user;

use super::{
    Action, Caller, Command, Decision, Reason, Refusal, State, Timestamp, token_opens_nothing,
};
use uuid::Uuid;

/// What a decision depends on besides the command and the state.
pub struct Context<'a> {
    /// The present.
    pub now: Timestamp,
    /// Gives an id that nothing has yet.
    pub fresh_id: &'a dyn Fn() -> Uuid,
}

/// Decides a command, and leaves in the state what comes of it. The state must hold everything
/// that [`crate::needs`] names for it.
pub fn decide(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
) -> Result<Decision, Refusal> {
    admit_token(state, context, command)?;
    let action = &command.action;
    match action {
        Action::ChangeUser { .. }
        | Action::CreateUser(_)
        | Action::RegisterSignIn(_)
        | Action::DeleteUser { .. } => user::decide(state, context, command),
        Action::CreateSite { name } => site::create(state, context, command, name),
        Action::DeleteSite => site::delete(state, context, command),
        Action::UpdateSettings(change) => site::update(state, context, command, change),
        Action::CreateConnection { name } => {
            access::create_connection(state, context, command, name)
        }
        Action::DeleteConnection { name } => {
            access::delete_connection(state, context, command, name)
        }
        Action::CreateToken(creation) => access::create_token(state, context, command, creation),
        Action::RevokeToken { token } => access::revoke_token(state, context, command, *token),
    }
}

/// A token that was good when its caller came may have been revoked since, also by way of another
/// core.
fn admit_token(state: &State, context: &Context<'_>, command: &Command) -> Result<(), Refusal> {
    if command.token.is_none() {
        return Ok(());
    }
    let token = command.caller_token().and_then(|key| state.callers.get(&key)?.as_ref());
    match token {
        Some(token) if token.expires_at.is_none_or(|end| context.now < end) => Ok(()),
        _ => Err(token_opens_nothing()),
    }
}

/// Sites, settings, connections and tokens are the operator's.
fn admit_operator(caller: &Caller) -> Result<(), Refusal> {
    match caller {
        Caller::Operator => Ok(()),
        Caller::Core | Caller::Connection { .. } => Err(Refusal::new(
            Reason::CallerNotPermitted,
            "only the operator may do this; send the operator's token",
        )),
    }
}
