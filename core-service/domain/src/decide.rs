//! The judge: one command, decided over the loaded state.

mod access;
mod apply;
mod batch;
mod certificates;
mod grants;
mod group;
mod group_roles;
mod group_rules;
mod last_admin;
mod once;
mod permit;
mod record;
mod services;
mod sessions;
mod site;
mod user;
mod user_change;
mod user_context;
mod user_creation;

pub(super) use group::MAX_SELECTED_AMONG;
pub(super) use group_roles::MAX_FOLLOWERS;
pub(super) use user_change::protection;

use super::{Action, Command, Decision, Refusal, State, Timestamp};
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
    permit::permit(state, context, command)?;
    let now = state.moment(command.site, context.now);
    let context = &Context { now, ..*context };
    once::decide(state, context, command)
}

/// Decides what is asked for the first time.
fn act(state: &mut State, context: &Context<'_>, command: &Command) -> Result<Decision, Refusal> {
    let action = &command.action;
    match action {
        Action::ChangeUser { .. }
        | Action::CreateUser(_)
        | Action::RegisterSignIn(_)
        | Action::DeleteUser { .. } => user::decide(state, context, command),
        Action::Batch(parts) => batch::decide(state, context, command, parts),
        Action::CreateSite { name } => site::create(state, context, command, name),
        Action::DeleteSite => site::delete(state, context, command),
        Action::UpdateSettings(change) => site::update(state, context, command, change),
        Action::CreateConnection { name } => {
            access::create_connection(state, context, command, name)
        }
        Action::UpdateConnection(change) => {
            access::update_connection(state, context, command, change)
        }
        Action::DeleteConnection { name } => {
            access::delete_connection(state, context, command, name)
        }
        Action::CreateToken(creation) => access::create_token(state, context, command, creation),
        Action::RevokeToken { token } => access::revoke_token(state, context, command, *token),
        Action::RevealToken { token } => access::reveal_token(state, context, command, *token),
        Action::Group(action) => group::decide(state, context, command, action),
        Action::Access(action) => services::decide(state, context, command, action),
        Action::Session(action) => sessions::decide(state, context, command, action),
    }
}
