//! `provost site`: sites and what SCIM may do in them.

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use provost_proto::v1::{
    CreateSiteRequest, CreationPolicy, DeletionPolicy, GetScimSettingsRequest, ListSitesRequest,
    RefusalPolicy, ScimSettings, Site, UpdateScimSettingsRequest,
};
use serde::Serialize;

use super::core::{OperatorFlags, Output, RemoteCore, SiteFlag};
use super::{Flags, print, time};
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  provost site create acme
  provost site settings show --site acme
  provost site settings set --manage-user-roles true
  provost site settings set --creation create --deletion deactivate
  provost site settings set --protect break-glass@example.com";

/// What to do with sites.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Command {
    #[command(flatten)]
    operator: OperatorFlags,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a site, with SCIM on, no token, and every switch closed.
    Create {
        /// Lower-case letters, digits and hyphens
        name: String,
    },
    /// List all sites.
    List,
    /// What SCIM may do in a site.
    Settings {
        #[command(flatten)]
        site: SiteFlag,
        #[command(subcommand)]
        verb: SettingsVerb,
    },
}

#[derive(Debug, Subcommand)]
enum SettingsVerb {
    /// Show the settings of a site.
    Show,
    /// Change the settings that are named and leave the others alone.
    Set(Box<Changes>),
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("changes").required(true).multiple(true))]
struct Changes {
    /// The master switch of SCIM
    #[arg(long, group = "changes", value_name = "BOOL")]
    enabled: Option<bool>,
    /// Whether SCIM may move users between Registered and Moderator
    #[arg(long, group = "changes", value_name = "BOOL", conflicts_with = "manage_user_roles")]
    allow_moderator_promotion: Option<bool>,
    /// Whether SCIM may move users between Registered and Admin
    #[arg(long, group = "changes", value_name = "BOOL", conflicts_with = "manage_user_roles")]
    allow_admin_promotion: Option<bool>,
    /// Both promotion switches at once
    #[arg(long, group = "changes", value_name = "BOOL")]
    manage_user_roles: Option<bool>,
    /// What SCIM POST does
    #[arg(long, group = "changes", value_enum)]
    creation: Option<Creation>,
    /// What SCIM DELETE does
    #[arg(long, group = "changes", value_enum)]
    deletion: Option<Deletion>,
    /// What happens to the rest of a request in which one change is refused
    #[arg(long, group = "changes", value_enum)]
    refusals: Option<Refusals>,
    /// Close an account to SCIM (may be repeated)
    #[arg(long, group = "changes", value_name = "USER_NAME")]
    protect: Vec<String>,
    /// Open an account to SCIM again (may be repeated)
    #[arg(long, group = "changes", value_name = "USER_NAME")]
    unprotect: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Creation {
    Refuse,
    Create,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Deletion {
    Refuse,
    Deactivate,
    Delete,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Refusals {
    Notice,
    Reject,
}

/// Calls the core and prints its answer.
pub async fn run(command: Command, flags: &Flags) -> Result<(), Failure> {
    let Command { operator, verb } = command;
    let mut core = RemoteCore::find(&operator, flags)?;
    match verb {
        Verb::Create { name } => create(&mut core, name, operator.output).await,
        Verb::List => list(&mut core, operator.output).await,
        Verb::Settings { site, verb } => {
            let settings = match verb {
                SettingsVerb::Show => show_settings(&mut core, site.site).await?,
                SettingsVerb::Set(changes) => set_settings(&mut core, site.site, *changes).await?,
            };
            say_settings(settings, operator.output)
        }
    }
}

async fn create(core: &mut RemoteCore, name: String, output: Output) -> Result<(), Failure> {
    let request = core.request(CreateSiteRequest { name });
    let answered = core.sites.create_site(request).await;
    let site = SiteView::new(core.answer(answered)?.site.unwrap_or_default());
    match output {
        Output::Json => print::say_json(&site),
        Output::Table => print::say(&format!(
            "Site {name} is made. Next: provost token create --site {name} --name NAME",
            name = site.name
        )),
    }
}

async fn list(core: &mut RemoteCore, output: Output) -> Result<(), Failure> {
    let request = core.request(ListSitesRequest {});
    let answered = core.sites.list_sites(request).await;
    let sites = core.answer(answered)?.sites;
    match output {
        Output::Json => print::say_json(&sites.into_iter().map(SiteView::new).collect::<Vec<_>>()),
        Output::Table => {
            let row = |site: Site| vec![site.name, time::short(site.create_time)];
            let rows = sites.into_iter().map(row).collect();
            print::say_table(&["name", "created"], rows, "No site yet: provost site create NAME")
        }
    }
}

async fn show_settings(core: &mut RemoteCore, site: String) -> Result<ScimSettings, Failure> {
    let request = core.request(GetScimSettingsRequest { site });
    let answered = core.sites.get_scim_settings(request).await;
    Ok(core.answer(answered)?.settings.unwrap_or_default())
}

async fn set_settings(
    core: &mut RemoteCore,
    site: String,
    changes: Changes,
) -> Result<ScimSettings, Failure> {
    let request = core.request(changes.into_request(site));
    let answered = core.sites.update_scim_settings(request).await;
    Ok(core.answer(answered)?.settings.unwrap_or_default())
}

impl Changes {
    fn into_request(self, site: String) -> UpdateScimSettingsRequest {
        let Self {
            enabled,
            allow_moderator_promotion,
            allow_admin_promotion,
            manage_user_roles,
            creation,
            deletion,
            refusals,
            protect,
            unprotect,
        } = self;
        let creation = creation.map_or(CreationPolicy::Unspecified, |policy| match policy {
            Creation::Refuse => CreationPolicy::Refuse,
            Creation::Create => CreationPolicy::Create,
        });
        let deletion = deletion.map_or(DeletionPolicy::Unspecified, |policy| match policy {
            Deletion::Refuse => DeletionPolicy::Refuse,
            Deletion::Deactivate => DeletionPolicy::Deactivate,
            Deletion::Delete => DeletionPolicy::Delete,
        });
        let refusals = refusals.map_or(RefusalPolicy::Unspecified, |policy| match policy {
            Refusals::Notice => RefusalPolicy::Notice,
            Refusals::Reject => RefusalPolicy::Reject,
        });
        UpdateScimSettingsRequest {
            site,
            enabled,
            allow_moderator_promotion: allow_moderator_promotion.or(manage_user_roles),
            allow_admin_promotion: allow_admin_promotion.or(manage_user_roles),
            creation: creation.into(),
            deletion: deletion.into(),
            refusals: refusals.into(),
            protect_user_names: protect,
            unprotect_user_names: unprotect,
        }
    }
}

#[derive(Serialize)]
struct SiteView {
    name: String,
    create_time: Option<String>,
}

impl SiteView {
    fn new(site: Site) -> Self {
        let Site { name, create_time } = site;
        Self { name, create_time: create_time.map(time::written) }
    }
}

#[derive(Serialize)]
struct SettingsView {
    enabled: bool,
    allow_moderator_promotion: bool,
    allow_admin_promotion: bool,
    creation: String,
    deletion: String,
    refusals: String,
    protected_user_names: Vec<String>,
}

fn say_settings(settings: ScimSettings, output: Output) -> Result<(), Failure> {
    let word = |name: &str, prefix: &str| name.trim_start_matches(prefix).to_lowercase();
    let view = SettingsView {
        enabled: settings.enabled,
        allow_moderator_promotion: settings.allow_moderator_promotion,
        allow_admin_promotion: settings.allow_admin_promotion,
        creation: word(settings.creation().as_str_name(), "CREATION_POLICY_"),
        deletion: word(settings.deletion().as_str_name(), "DELETION_POLICY_"),
        refusals: word(settings.refusals().as_str_name(), "REFUSAL_POLICY_"),
        protected_user_names: settings.protected_user_names,
    };
    if output == Output::Json {
        return print::say_json(&view);
    }
    print::say_pairs(&[
        ("enabled", print::yes_or_no(view.enabled)),
        ("allow_moderator_promotion", print::yes_or_no(view.allow_moderator_promotion)),
        ("allow_admin_promotion", print::yes_or_no(view.allow_admin_promotion)),
        ("creation", view.creation),
        ("deletion", view.deletion),
        ("refusals", view.refusals),
        ("protected_user_names", view.protected_user_names.join(", ")),
    ])
}
