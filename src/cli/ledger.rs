//! `provost ledger`: every decision about a site.

mod consumers;
mod group_views;
mod list;
mod live;
mod refused;
mod view;
mod watch;
mod who;

pub(super) use consumers::ConsumerView;

use clap::{Args, Subcommand};
use provost_proto::v1::{GetEventRequest, GetLedgerRequest};

use super::Flags;
use super::core::{Form, OperatorFlags, RemoteCore, SiteFlag};
use crate::run_error::RunError;

const EXAMPLES: &str = "\
Examples:
  provost ledger list
  provost ledger list --user ada@example.com --oldest-first
  provost ledger list --outcome refused --from 2030-01-31
  provost ledger list --reason LAST_ADMIN --caller connection:okta
  provost ledger list --installation --kind grant_changed
  provost ledger show 12
  provost ledger show
  provost ledger refused
  provost ledger watch --all-sites
  provost ledger consumers
  provost ledger remove-consumer mail-index --of service:billing
  provost ledger who --role Admin --as-of 2030-03-03";

/// What to read of the ledger.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct LedgerArgs {
    #[command(flatten)]
    operator: OperatorFlags,
    #[command(flatten)]
    site: SiteFlag,
    /// Instead of a site: the decisions about services
    #[arg(long, global = true, conflicts_with = "site")]
    installation: bool,
    #[command(subcommand)]
    command: LedgerCommand,
}

#[derive(Debug, Subcommand)]
enum LedgerCommand {
    /// List events, the newest first.
    List(list::ListEventsArgs),
    /// Show one event whole, or, without a revision, which events there are.
    Show {
        /// The position of the event in the site's ledger
        revision: Option<i64>,
    },
    /// Show events as they are decided, until ctrl-c.
    Watch(watch::WatchArgs),
    /// List requests of identity providers and calls of services that were refused, and are no events.
    Refused(refused::RefusedRequestsArgs),
    /// List who follows the ledger, and how far behind each of them is.
    Consumers,
    /// Remove a consumer that is gone, so that nobody waits for it.
    RemoveConsumer {
        /// The name of the consumer
        consumer: String,
        /// Whose it is, as the list says: service:billing; your own where it is left out
        #[arg(long, value_name = "CALLER", default_value = "", hide_default_value = true)]
        of: String,
    },
    /// List who had a role at a time, whether they were active, and by whose decision.
    Who(who::RoleHoldersArgs),
}

/// Whose ledger is read.
struct Whose {
    site: String,
    installation: bool,
}

/// Calls the core and prints its answer.
pub async fn run(args: LedgerArgs, flags: &Flags) -> Result<(), RunError> {
    let LedgerArgs { operator, site, installation, command } = args;
    let mut core = RemoteCore::find(&operator, flags)?;
    let site = if installation { String::new() } else { site.site };
    let (of, form) = (Whose { site, installation }, operator.form);
    match command {
        LedgerCommand::List(args) => list::run(&mut core, of, args, form).await,
        LedgerCommand::Show { revision: Some(revision) } => {
            show_event(&mut core, of, revision, form).await
        }
        LedgerCommand::Show { revision: None } => show_ledger(&mut core, of, form).await,
        LedgerCommand::Watch(args) => watch::run(&mut core, of, args, form).await,
        LedgerCommand::Refused(args) => refused::run(&mut core, of, args, form).await,
        LedgerCommand::Consumers => consumers::list(&mut core, of, form).await,
        LedgerCommand::RemoveConsumer { consumer, of: caller } => {
            consumers::remove(&mut core, of, (consumer, caller)).await
        }
        LedgerCommand::Who(args) => who::run(&mut core, of, args, form).await,
    }
}

async fn show_event(
    core: &mut RemoteCore,
    Whose { site, installation }: Whose,
    revision: i64,
    form: Form,
) -> Result<(), RunError> {
    let request = core.request(GetEventRequest { site, revision, installation });
    let answered = core.ledgers.get_event(request).await;
    view::say_event(core.answer(answered)?.event.unwrap_or_default(), form)
}

async fn show_ledger(core: &mut RemoteCore, of: Whose, form: Form) -> Result<(), RunError> {
    let Whose { site, installation } = of;
    let request = core.request(GetLedgerRequest { site, installation });
    let answered = core.ledgers.get_ledger(request).await;
    view::say_ledger(core.answer(answered)?.ledger.unwrap_or_default(), form)
}
