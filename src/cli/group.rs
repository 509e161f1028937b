//! `provost group`: groups of users, and who is in them.

mod list;
mod members;
mod rule;
mod rule_view;
mod view;

use clap::{ArgGroup, Args, Subcommand};
use provost_proto::v1::group_change::Change as Kind;
use provost_proto::v1::value::Kind as ValueKind;
use provost_proto::v1::{
    ChangeGroupRequest, CreateGroupRequest, DeleteGroupRequest, ErrorReason, GetGroupRequest,
    Group, GroupChange, GroupDecision, ListGroupsRequest, Operator, SetDisplayName, SetExternalId,
};

use super::Flags;
use super::condition::compare;
use super::core::{OperatorFlags, RemoteCore, SiteFlag, WriteFlags};
use crate::run_error::RunError;

const EXAMPLES: &str = "\
Examples:
  provost group create 'Tour Guides' --member ada@example.com --member grace@example.com
  provost group list --member ada@example.com
  provost group show 'tour guides'
  provost group edit 'Tour Guides' --name Guides
  provost group members list Guides --limit 1000
  provost group members add Guides alan@example.com
  provost group members remove Guides ada@example.com grace@example.com
  provost group rule set 'Site Admins' Admin --dry-run
  provost group rule set 'Site Admins' Admin
  provost group rule list
  provost group rule delete 'Site Admins'
  provost group delete Guides

GROUP is a display name, in any case, or an id; WHO is a user name or an id.";

/// What to do with groups.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct GroupArgs {
    #[command(flatten)]
    operator: OperatorFlags,
    #[command(flatten)]
    site: SiteFlag,
    #[command(subcommand)]
    command: GroupCommand,
}

#[derive(Debug, Subcommand)]
enum GroupCommand {
    /// List groups.
    List(list::ListGroupsArgs),
    /// Show one group, without its members.
    Show {
        /// A display name or an id
        group: String,
    },
    /// Make a group.
    Create {
        /// What people call it; no other group of the site has the name, in any case
        name: String,
        /// The id of the group at the identity provider
        #[arg(long, value_name = "ID")]
        external_id: Option<String>,
        /// A member, by user name or id (may be repeated)
        #[arg(long, value_name = "WHO")]
        member: Vec<String>,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// Change the name or the external id of a group; an empty external id clears it.
    Edit {
        /// A display name or an id
        group: String,
        #[command(flatten)]
        edits: GroupEdits,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// Delete a group for good. Its members stay users.
    Delete {
        /// A display name or an id
        group: String,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// Who is in a group.
    Members {
        #[command(subcommand)]
        command: members::MembersCommand,
    },
    /// Which groups give their members a role.
    Rule {
        #[command(subcommand)]
        command: rule::RuleCommand,
    },
}

/// What is to be otherwise.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("edits").required(true).multiple(true))]
struct GroupEdits {
    /// Another display name
    #[arg(long, group = "edits", value_name = "NAME")]
    name: Option<String>,
    /// The id of the group at the identity provider
    #[arg(long, group = "edits", value_name = "ID")]
    external_id: Option<String>,
}

/// Calls the core and prints its answer.
pub async fn run(args: GroupArgs, flags: &Flags) -> Result<(), RunError> {
    let GroupArgs { operator, site, command } = args;
    let mut core = RemoteCore::find(&operator, flags)?;
    let (site, form) = (site.site, operator.form);
    match command {
        GroupCommand::List(args) => list::run(&mut core, site, args, form).await,
        GroupCommand::Show { group } => {
            view::say_group(find(&mut core, &site, &group).await?, form)
        }
        GroupCommand::Create { name, external_id, member, write } => {
            let user_ids = members::ids(&mut core, &site, &member).await?;
            let request = core.request(CreateGroupRequest {
                site,
                display_name: name,
                external_id,
                user_ids,
                ignored: Vec::new(),
                options: write.into_options(),
            });
            let answered = core.groups.create_group(request).await;
            let decision = core.answer(answered)?.decision.unwrap_or_default();
            view::say_decision(decision, "is made", form)
        }
        GroupCommand::Edit { group, edits, write } => {
            let group = find(&mut core, &site, &group).await?;
            let decision = change(&mut core, site, group, edits.into_changes(), write).await?;
            view::say_decision(decision, "is changed", form)
        }
        GroupCommand::Delete { group, write } => {
            let group = find(&mut core, &site, &group).await?;
            let (group_id, options) = (group.id.clone(), write.into_options());
            let request = core.request(DeleteGroupRequest { site, group_id, options });
            let answered = core.groups.delete_group(request).await;
            view::say_deleted(group, core.answer(answered)?.revision, form)
        }
        GroupCommand::Members { command } => members::run(&mut core, site, command, form).await,
        GroupCommand::Rule { command } => rule::run(&mut core, site, command, form).await,
    }
}

/// Asks for changes to a group.
async fn change(
    core: &mut RemoteCore,
    site: String,
    group: Group,
    changes: Vec<Kind>,
    write: WriteFlags,
) -> Result<GroupDecision, RunError> {
    let changes = changes.into_iter().map(|change| GroupChange { change: Some(change) });
    let request = core.request(ChangeGroupRequest {
        site,
        group_id: group.id,
        changes: changes.collect(),
        options: write.into_options(),
    });
    let answered = core.groups.change_group(request).await;
    Ok(core.answer(answered)?.decision.unwrap_or_default())
}

/// A group by id, where the text is one, else by display name.
async fn find(core: &mut RemoteCore, site: &str, group: &str) -> Result<Group, RunError> {
    let id = uuid::Uuid::parse_str(group).ok();
    let kind = if id.is_some() { "id" } else { "name" };
    let said_as = format!("There is no group with the {kind} \"{group}\" in site {site}");
    let found = match id {
        Some(id) => get(core, site, id).await,
        None => look_up(core, site, group).await.and_then(|found| {
            let reason = Some(ErrorReason::GroupNotFound.name().to_owned());
            found.ok_or_else(|| RunError::Refused { message: said_as.clone(), reason })
        }),
    };
    found.map_err(|failure| failure.said_as(ErrorReason::GroupNotFound, said_as))
}

async fn get(core: &mut RemoteCore, site: &str, id: uuid::Uuid) -> Result<Group, RunError> {
    let request = core.request(GetGroupRequest {
        site: site.to_owned(),
        group_id: id.to_string(),
        ..GetGroupRequest::default()
    });
    let answered = core.groups.get_group(request).await;
    Ok(core.answer(answered)?.group.unwrap_or_default())
}

async fn look_up(core: &mut RemoteCore, site: &str, name: &str) -> Result<Option<Group>, RunError> {
    let name = ValueKind::Text(name.to_owned());
    let request = core.request(ListGroupsRequest {
        site: site.to_owned(),
        filter: Some(compare("display_name", Operator::Equal, name)),
        ..ListGroupsRequest::default()
    });
    let answered = core.groups.list_groups(request).await;
    Ok(core.answer(answered)?.groups.pop())
}

impl GroupEdits {
    fn into_changes(self) -> Vec<Kind> {
        let Self { name, external_id } = self;
        let name = name.map(|name| Kind::SetDisplayName(SetDisplayName { display_name: name }));
        let external_id = external_id.map(|id| {
            let external_id = Some(id).filter(|id| !id.is_empty());
            Kind::SetExternalId(SetExternalId { external_id })
        });
        name.into_iter().chain(external_id).collect()
    }
}
