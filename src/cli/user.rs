//! `provost user`: life cycle, status and role of users.

mod batch;
mod cutoff;
mod list;
mod person;
mod value;
mod view;

pub(super) use value::ValueView;
pub(super) use view::HoldView;

use clap::{Args, Subcommand};
use provost_proto::v1::lookup_user_request::Key;
use provost_proto::v1::place_hold_request::Expiration;
use provost_proto::v1::{
    ActivateUserRequest, Change, ChangeUserRequest, DeactivateUserRequest, Decision,
    DeleteUserRequest, ErrorReason, ForgetSubject, GetUserRequest, LiftHoldRequest,
    LookupUserRequest, PlaceHoldRequest, Role, SetUserRoleRequest, User, change,
};

use super::Flags;
use super::core::{OperatorFlags, RemoteCore, SiteFlag, WriteFlags};
use super::expiry::Expiry;
use super::words::words;
use crate::run_error::RunError;

const EXAMPLES: &str = "\
Examples:
  provost user register-sign-in ada@example.com --given-name Ada --family-name Lovelace
  provost user create grace@example.com --given-name Grace --email grace@example.com
  provost user edit grace@example.com --family-name Hopper
  provost user show ada@example.com
  provost user list --role admin --active yes
  provost user set-role ada@example.com Moderator
  provost user deactivate ada@example.com --note 'left the company'
  provost user cutoff ada@example.com
  provost user hold ada@example.com security --note 'incident 42' --expires 7d
  provost user batch leavers.txt --reason 'end of the project'

WHO is a user name or an id.";

/// What to do with users.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct UserArgs {
    #[command(flatten)]
    operator: OperatorFlags,
    #[command(flatten)]
    site: SiteFlag,
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Say that a user signed in, as the single sign-on service does; the first sign-in makes the user.
    RegisterSignIn(person::SignInArgs),
    /// Make a user, who comes with these values before their first sign-in.
    Create(person::CreateUserArgs),
    /// Change what is known of a user, and leave the rest alone; an empty text clears.
    Edit {
        /// A user name or an id
        who: String,
        #[command(flatten)]
        edits: person::Edits,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// Delete a user for good. To keep somebody out, deactivate the account instead.
    Delete {
        /// A user name or an id
        who: String,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// Show one user.
    Show {
        /// A user name or an id
        who: String,
    },
    /// List users.
    List(list::ListUsersArgs),
    /// Lift the hold `manual`.
    Activate {
        /// A user name or an id
        who: String,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// Place the hold `manual`, which no directory sync undoes.
    Deactivate {
        /// A user name or an id
        who: String,
        /// Kept with the hold
        #[arg(long, default_value = "", hide_default_value = true)]
        note: String,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// Show whether somebody who was deactivated or deleted is out everywhere, as those say who follow the
    /// ledger.
    Cutoff {
        /// A user name or an id; the id of somebody who was deleted
        who: String,
    },
    /// Move a user to a role.
    SetRole {
        /// A user name or an id
        who: String,
        /// The role
        #[arg(value_parser = words::<Role>(), ignore_case = true)]
        role: Role,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// Deactivate an account for a named reason, whatever the directory says.
    Hold {
        /// A user name or an id
        who: String,
        /// A lower-case word: security, legal, …
        name: String,
        /// Kept with the hold
        #[arg(long, default_value = "", hide_default_value = true)]
        note: String,
        /// When it is lifted by itself: a span (12h, 90d) or a time (2030-01-31T12:00:00Z); otherwise never
        #[arg(long)]
        expires: Option<Expiry>,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// Lift a hold.
    Lift {
        /// A user name or an id
        who: String,
        /// The name of the hold
        name: String,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// Change many users by the lines of a file.
    Batch(batch::BatchArgs),
    /// Forget by what the identity provider knows a user; the next sign-in says it anew.
    ForgetSubject {
        /// A user name or an id
        who: String,
        #[command(flatten)]
        write: WriteFlags,
    },
}

/// Calls the core and prints its answer.
pub async fn run(args: UserArgs, flags: &Flags) -> Result<(), RunError> {
    let UserArgs { operator, site, command } = args;
    let mut core = RemoteCore::find(&operator, flags)?;
    let (site, form) = (site.site, operator.form);
    match command {
        UserCommand::RegisterSignIn(sign_in) => {
            let request = core.request(sign_in.into_request(site));
            let answered = core.users.register_sign_in(request).await;
            view::say_sign_in(core.answer(answered)?, form)
        }
        UserCommand::Show { who } => view::say_user(find(&mut core, &site, &who).await?, form),
        UserCommand::Cutoff { who } => cutoff::run(&mut core, site, &who, form).await,
        UserCommand::List(args) => list::run(&mut core, site, args, form).await,
        UserCommand::Batch(args) => batch::run(&mut core, site, args, form).await,
        UserCommand::Delete { who, write } => {
            let user = find(&mut core, &site, &who).await?;
            let (user_id, options) = (user.id.clone(), write.into_options());
            let request = core.request(DeleteUserRequest { site, user_id, options });
            let answered = core.users.delete_user(request).await;
            view::say_deleted(user, core.answer(answered)?.revision, form)
        }
        changing => {
            let decision = change(&mut core, site, changing).await?;
            view::say_decision(decision, form)
        }
    }
}

/// The verbs that decide about one user.
async fn change(
    core: &mut RemoteCore,
    site: String,
    command: UserCommand,
) -> Result<Decision, RunError> {
    let decision = match command {
        UserCommand::Create(creation) => {
            let request = core.request(creation.into_request(site));
            let answered = core.users.create_user(request).await;
            core.answer(answered)?.decision
        }
        UserCommand::Edit { who, edits, write } => {
            ask_for_changes(core, site, &who, edits.into_changes(), write).await?
        }
        UserCommand::ForgetSubject { who, write } => {
            let forget = change::Change::ForgetSubject(ForgetSubject {});
            let changes = vec![Change { change: Some(forget) }];
            ask_for_changes(core, site, &who, changes, write).await?
        }
        UserCommand::Activate { who, write } => {
            let user_id = find(core, &site, &who).await?.id;
            let options = write.into_options();
            let request = core.request(ActivateUserRequest { site, user_id, options });
            let answered = core.users.activate_user(request).await;
            core.answer(answered)?.decision
        }
        UserCommand::Deactivate { who, note, write } => {
            let user_id = find(core, &site, &who).await?.id;
            let options = write.into_options();
            let request = core.request(DeactivateUserRequest { site, user_id, note, options });
            let answered = core.users.deactivate_user(request).await;
            core.answer(answered)?.decision
        }
        UserCommand::SetRole { who, role, write } => {
            let user_id = find(core, &site, &who).await?.id;
            let options = write.into_options();
            let role = role.into();
            let request = core.request(SetUserRoleRequest { site, user_id, role, options });
            let answered = core.users.set_user_role(request).await;
            core.answer(answered)?.decision
        }
        UserCommand::Hold { who, name, note, expires, write } => {
            let user_id = find(core, &site, &who).await?.id;
            let (options, expiration) = (
                write.into_options(),
                expires.map(|end| end.into_message(Expiration::ExpireTime, Expiration::Ttl)),
            );
            let request = PlaceHoldRequest { site, user_id, name, note, options, expiration };
            let request = core.request(request);
            let answered = core.users.place_hold(request).await;
            core.answer(answered)?.decision
        }
        UserCommand::Lift { who, name, write } => {
            let user_id = find(core, &site, &who).await?.id;
            let options = write.into_options();
            let request = core.request(LiftHoldRequest { site, user_id, name, options });
            let answered = core.users.lift_hold(request).await;
            core.answer(answered)?.decision
        }
        UserCommand::RegisterSignIn(_)
        | UserCommand::Delete { .. }
        | UserCommand::Show { .. }
        | UserCommand::Cutoff { .. }
        | UserCommand::Batch(_)
        | UserCommand::List(_) => None,
    };
    Ok(decision.unwrap_or_default())
}

async fn ask_for_changes(
    core: &mut RemoteCore,
    site: String,
    who: &str,
    changes: Vec<Change>,
    write: WriteFlags,
) -> Result<Option<Decision>, RunError> {
    let user_id = find(core, &site, who).await?.id;
    let options = write.into_options();
    let request =
        core.request(ChangeUserRequest { site, user_id, changes, options, include_groups: false });
    let answered = core.users.change_user(request).await;
    Ok(core.answer(answered)?.decision)
}

/// A user by id, where the text is one, else by user name.
pub async fn find(core: &mut RemoteCore, site: &str, who: &str) -> Result<User, RunError> {
    let id = uuid::Uuid::parse_str(who).ok();
    let kind = if id.is_some() { "id" } else { "name" };
    let found = match id {
        Some(id) => get(core, site, id).await,
        None => look_up(core, site, who).await,
    };
    found.map_err(|failure| {
        let said_as = format!("There is no user with the {kind} \"{who}\" in site {site}");
        failure.said_as(ErrorReason::UserNotFound, said_as)
    })
}

async fn get(core: &mut RemoteCore, site: &str, id: uuid::Uuid) -> Result<User, RunError> {
    let request = GetUserRequest {
        on_behalf_of: String::new(),
        site: site.to_owned(),
        user_id: id.to_string(),
        include_groups: false,
    };
    let request = core.request(request);
    let answered = core.users.get_user(request).await;
    Ok(core.answer(answered)?.user.unwrap_or_default())
}

async fn look_up(core: &mut RemoteCore, site: &str, user_name: &str) -> Result<User, RunError> {
    let key = Some(Key::UserName(user_name.to_owned()));
    let request =
        core.request(LookupUserRequest { on_behalf_of: String::new(), site: site.to_owned(), key });
    let answered = core.users.lookup_user(request).await;
    Ok(core.answer(answered)?.user.unwrap_or_default())
}
