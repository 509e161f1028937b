//! `provost group rule`: which groups give their members a role, and whom that would move.
//!
//! Must never know whom a rule moves.

use clap::{Args, Subcommand};
use provost_proto::v1::ruled_group::By;
use provost_proto::v1::{
    DeleteGroupRuleRequest, ListGroupRulesRequest, Role, RuledGroup, SetGroupRuleRequest,
};

use super::super::core::{Form, RemoteCore, WriteFlags};
use super::super::words::words;
use super::look_up;
use super::rule_view::{self, RuleDecision};
use crate::harmless;
use crate::run_error::RunError;

#[derive(Debug, Subcommand)]
pub enum RuleCommand {
    /// List the rules, and how far it is with roles that follow from them.
    List,
    /// Have a group give its members a role, or another one than before.
    ///
    /// The roles of the members follow in the background. Where it does so already, it is applied once more: to
    /// those to whom a step was refused before.
    Set {
        /// A display name, in any case, which no group need have yet; or the id of one group
        group: String,
        /// The role that its members have
        #[arg(value_parser = words::<Role>())]
        role: Role,
        #[command(flatten)]
        write: RuleFlags,
    },
    /// Have a group give no role any more. The roles of its members follow in the background.
    Delete {
        /// The display name or the id by which the rule tells the group
        group: String,
        #[command(flatten)]
        write: RuleFlags,
    },
}

/// What may be said of a change of rules.
#[derive(Debug, Args)]
pub struct RuleFlags {
    /// Only say whom it would move, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    write: WriteFlags,
}

/// Calls the core and prints its answer.
pub async fn run(
    core: &mut RemoteCore,
    site: String,
    command: RuleCommand,
    form: Form,
) -> Result<(), RunError> {
    match command {
        RuleCommand::List => {
            let request = core.request(ListGroupRulesRequest { site, on_behalf_of: String::new() });
            let answered = core.groups.list_group_rules(request).await;
            rule_view::say_rules(core.answer(answered)?, form)
        }
        RuleCommand::Set { group, role, write } => set(core, site, group, role, write, form).await,
        RuleCommand::Delete { group, write } => delete(core, site, group, write, form).await,
    }
}

async fn set(
    core: &mut RemoteCore,
    site: String,
    group: String,
    role: Role,
    RuleFlags { dry_run, write }: RuleFlags,
    form: Form,
) -> Result<(), RunError> {
    warn_of_no_group(core, &site, &group).await?;
    let request = core.request(SetGroupRuleRequest {
        site,
        group: Some(ruled(&group)),
        role: role.into(),
        options: write.into_options_of(dry_run),
    });
    let answered = core.groups.set_group_rule(request).await;
    let answer = core.answer(answered)?;
    let decision = RuleDecision {
        group,
        role: Some(role),
        changed: answer.changed,
        revision: answer.revision,
        is_tried: dry_run,
        preview: answer.preview,
    };
    rule_view::say_decision(decision, form)
}

async fn delete(
    core: &mut RemoteCore,
    site: String,
    group: String,
    RuleFlags { dry_run, write }: RuleFlags,
    form: Form,
) -> Result<(), RunError> {
    let request = core.request(DeleteGroupRuleRequest {
        site,
        group: Some(ruled(&group)),
        options: write.into_options_of(dry_run),
    });
    let answered = core.groups.delete_group_rule(request).await;
    let answer = core.answer(answered)?;
    let decision = RuleDecision {
        group,
        role: None,
        changed: answer.changed,
        revision: answer.revision,
        is_tried: dry_run,
        preview: answer.preview,
    };
    rule_view::say_decision(decision, form)
}

/// A group by its id, where the text is one, else whichever has the display name.
fn ruled(group: &str) -> RuledGroup {
    let by = match uuid::Uuid::parse_str(group) {
        Ok(id) => By::GroupId(id.to_string()),
        Err(_) => By::DisplayName(group.to_owned()),
    };
    RuledGroup { by: Some(by) }
}

/// A group of a name may come later, or the name be a slip of the pen.
async fn warn_of_no_group(core: &mut RemoteCore, site: &str, group: &str) -> Result<(), RunError> {
    let is_name = uuid::Uuid::parse_str(group).is_err();
    if is_name && look_up(core, site, group).await?.is_none() {
        eprintln!(
            "notice: no group is called \"{}\" yet: the rule counts from when one is",
            harmless::in_line(group)
        );
    }
    Ok(())
}
