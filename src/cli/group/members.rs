//! `provost group members`: who is in a group, who comes and who goes.

use clap::{Args, Subcommand};
use provost_proto::limits::MAX_MEMBERS_OF_PAGE;
use provost_proto::v1::group_change::Change;
use provost_proto::v1::{AddMembers, GroupMember, ListGroupMembersRequest, RemoveMembers};

use super::super::core::{Form, RemoteCore, WriteFlags};
use super::super::user;
use super::{change, find, view};
use crate::run_error::RunError;

#[derive(Debug, Subcommand)]
pub enum MembersCommand {
    /// List the members of a group.
    List {
        /// A display name or an id
        group: String,
        /// At most this many members
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Add members. Who is one already stays one.
    Add(NamedMembers),
    /// Remove members. Who is none is passed over.
    Remove(NamedMembers),
}

/// Members of a group by their names.
#[derive(Debug, Args)]
pub struct NamedMembers {
    /// A display name or an id
    group: String,
    /// User names or ids
    #[arg(required = true)]
    who: Vec<String>,
    #[command(flatten)]
    write: WriteFlags,
}

/// Calls the core and prints its answer.
pub async fn run(
    core: &mut RemoteCore,
    site: String,
    command: MembersCommand,
    form: Form,
) -> Result<(), RunError> {
    match command {
        MembersCommand::List { group, limit } => list(core, site, &group, limit, form).await,
        MembersCommand::Add(NamedMembers { group, who, write }) => {
            let group = find(core, &site, &group).await?;
            let user_ids = ids(core, &site, &who).await?;
            let changes = vec![Change::AddMembers(AddMembers { user_ids, selected: false })];
            let decision = change(core, site, group, changes, write).await?;
            view::say_decision(decision, "has whom you added", form)
        }
        MembersCommand::Remove(NamedMembers { group, who, write }) => {
            let group = find(core, &site, &group).await?;
            let user_ids = ids(core, &site, &who).await?;
            let changes = vec![Change::RemoveMembers(RemoveMembers { user_ids, selected: false })];
            let decision = change(core, site, group, changes, write).await?;
            view::say_decision(decision, "no longer has whom you removed", form)
        }
    }
}

/// The ids of users. What is an id is not looked up, and what is a name has to be one.
pub async fn ids(
    core: &mut RemoteCore,
    site: &str,
    who: &[String],
) -> Result<Vec<String>, RunError> {
    let mut ids = Vec::with_capacity(who.len());
    for who in who {
        let id = match uuid::Uuid::parse_str(who) {
            Ok(id) => id.to_string(),
            Err(_) => user::find(core, site, who).await?.id,
        };
        ids.push(id);
    }
    Ok(ids)
}

async fn list(
    core: &mut RemoteCore,
    site: String,
    group: &str,
    limit: u32,
    form: Form,
) -> Result<(), RunError> {
    let group_id = find(core, &site, group).await?.id;
    let mut members: Vec<GroupMember> = Vec::new();
    let (mut page_token, mut left) = (String::new(), limit);
    let more = loop {
        let page_size = i32::try_from(left.min(MAX_MEMBERS_OF_PAGE.into())).unwrap_or(i32::MAX);
        let request = core.request(ListGroupMembersRequest {
            site: site.clone(),
            group_id: group_id.clone(),
            page_size,
            page_token,
            on_behalf_of: String::new(),
        });
        let answered = core.groups.list_group_members(request).await;
        let page = core.answer(answered)?;
        left = left.saturating_sub(u32::try_from(page.members.len()).unwrap_or(u32::MAX));
        members.extend(page.members);
        page_token = page.next_page_token;
        if page_token.is_empty() || left == 0 {
            break !page_token.is_empty();
        }
    };
    view::say_members(members, form)?;
    if more {
        eprintln!("There are more members: --limit shows more than {limit}.");
    }
    Ok(())
}
