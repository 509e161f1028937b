//! The judge: one command, decided over the loaded state.

mod access;
mod apply;
mod last_admin;
mod record;
mod site;
mod user;

use super::{Action, Caller, Command, Decision, Reason, Refusal, State, Timestamp};
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
    let action = &command.action;
    match action {
        Action::ChangeUser { .. }
        | Action::CreateUser(_)
        | Action::RegisterSignIn(_)
        | Action::DeleteUser { .. } => user::decide(state, context, command),
        Action::CreateSite { name } => site::create(state, context, command, name),
        Action::UpdateSettings(change) => site::update(state, context, command, change),
        Action::CreateConnection { name } => {
            access::create_connection(state, context, command, name)
        }
        Action::CreateToken(creation) => access::create_token(state, context, command, creation),
        Action::RevokeToken { token } => access::revoke_token(state, context, command, *token),
    }
}

/// Sites, settings, connections and tokens are the operator's.
fn admit_operator(caller: &Caller) -> Result<(), Refusal> {
    match caller {
        Caller::Operator => Ok(()),
        Caller::Connection { .. } => Err(Refusal::new(
            Reason::CallerNotPermitted,
            "only the operator may do this; send the operator's token",
        )),
    }
}
