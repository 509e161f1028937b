//! `provost site`: sites and what SCIM may do in them.

mod delete;

use clap::builder::BoolishValueParser;
use clap::{ArgGroup, Args, Subcommand};
use provost_proto::MAX_PAGE_SIZE;
use provost_proto::v1::lookup_user_request::Key;
use provost_proto::v1::{
    CreateSiteRequest, CreationPolicy, DeletionPolicy, GetScimSettingsRequest, KnownUserPolicy,
    ListSitesRequest, LookupUserRequest, RefusalPolicy, ScimSettings, Site, StatusAuthority,
    UpdateScimSettingsRequest,
};
use serde::Serialize;
use tonic::Code;

use super::core::{Form, OperatorFlags, Output, RemoteCore, SiteFlag, WriteFlags};
use super::print::Head;
use super::words::words;
use super::{Flags, print, time};
use crate::run_error::RunError;

const EXAMPLES: &str = "\
Examples:
  provost site create acme
  provost site delete acme
  provost site settings show --site acme
  provost site settings set --manage-user-roles yes
  provost site settings set --creation create --deletion deactivate
  provost site settings set --known-users link
  provost site settings set --protect break-glass@example.com
  provost site settings set --status-authority directory";

/// What to do with sites.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SiteArgs {
    #[command(flatten)]
    operator: OperatorFlags,
    #[command(subcommand)]
    command: SiteCommand,
}

#[derive(Debug, Subcommand)]
enum SiteCommand {
    /// Make a site, with SCIM on, no token, and every promotion switch off.
    Create {
        /// Lower-case letters, digits and hyphens
        name: String,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// Delete a site for good, with its users, connections and tokens. Asks for its name.
    Delete(delete::DeleteSiteArgs),
    /// List all sites.
    List,
    /// What SCIM may do in a site.
    Settings {
        #[command(flatten)]
        site: SiteFlag,
        #[command(subcommand)]
        command: SettingsCommand,
    },
}

#[derive(Debug, Subcommand)]
enum SettingsCommand {
    /// Show the settings of a site.
    Show,
    /// Change the settings that are named and leave the others alone.
    Set(Box<UpdateSettingsArgs>),
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("changes").required(true).multiple(true))]
struct UpdateSettingsArgs {
    /// The master switch of SCIM
    #[arg(long, group = "changes", value_name = "YES|NO", value_parser = BoolishValueParser::new())]
    enabled: Option<bool>,
    /// Whether SCIM may move users between Registered and Moderator
    #[arg(long, group = "changes", value_name = "YES|NO", value_parser = BoolishValueParser::new(), conflicts_with = "manage_user_roles")]
    allow_moderator_promotion: Option<bool>,
    /// Whether SCIM may move users between Registered and Admin
    #[arg(long, group = "changes", value_name = "YES|NO", value_parser = BoolishValueParser::new(), conflicts_with = "manage_user_roles")]
    allow_admin_promotion: Option<bool>,
    /// Both promotion switches at once
    #[arg(long, group = "changes", value_name = "YES|NO", value_parser = BoolishValueParser::new())]
    manage_user_roles: Option<bool>,
    /// What SCIM POST does
    #[arg(long, group = "changes", value_parser = words::<CreationPolicy>())]
    creation: Option<CreationPolicy>,
    /// What SCIM POST of a user does whom the site has already
    #[arg(long, group = "changes", value_parser = words::<KnownUserPolicy>())]
    known_users: Option<KnownUserPolicy>,
    /// What SCIM DELETE does
    #[arg(long, group = "changes", value_parser = words::<DeletionPolicy>())]
    deletion: Option<DeletionPolicy>,
    /// What happens to the rest of a request in which one change is refused
    #[arg(long, group = "changes", value_parser = words::<RefusalPolicy>())]
    refusals: Option<RefusalPolicy>,
    /// Which side is in charge of status
    #[arg(long, group = "changes", value_parser = words::<StatusAuthority>())]
    status_authority: Option<StatusAuthority>,
    /// Whether single sign-on is set up, which SCIM needs
    #[arg(long, group = "changes", value_name = "YES|NO", value_parser = BoolishValueParser::new())]
    single_sign_on: Option<bool>,
    /// What the value that identifies users is called where they sign in
    #[arg(long, group = "changes", value_name = "NAME")]
    user_name_assertion: Option<String>,
    /// For how many days the ledger is kept; 0 for ever. Older events are removed for good
    #[arg(long, group = "changes", value_name = "DAYS")]
    ledger_retention_days: Option<i32>,
    /// Protect an account from SCIM (may be repeated)
    #[arg(long, group = "changes", value_name = "USER_NAME")]
    protect: Vec<String>,
    /// No longer protect an account from SCIM (may be repeated)
    #[arg(long, group = "changes", value_name = "USER_NAME")]
    unprotect: Vec<String>,
    #[command(flatten)]
    write: WriteFlags,
}

/// Calls the core and prints its answer.
pub async fn run(args: SiteArgs, flags: &Flags) -> Result<(), RunError> {
    let SiteArgs { operator, command } = args;
    let mut core = RemoteCore::find(&operator, flags)?;
    match command {
        SiteCommand::Create { name, write } => create(&mut core, name, write, operator.form).await,
        SiteCommand::Delete(args) => delete::run(&mut core, args, operator.form).await,
        SiteCommand::List => list(&mut core, operator.form).await,
        SiteCommand::Settings { site, command } => {
            let scim_base_url = core.scim_base_url(&site.site);
            let settings = match command {
                SettingsCommand::Show => show_settings(&mut core, site.site).await?,
                SettingsCommand::Set(changes) => {
                    set_settings(&mut core, site.site, *changes).await?
                }
            };
            say_settings(settings, scim_base_url, operator.form)
        }
    }
}

async fn create(
    core: &mut RemoteCore,
    name: String,
    write: WriteFlags,
    form: Form,
) -> Result<(), RunError> {
    let request = core.request(CreateSiteRequest { name, options: write.into_options() });
    let answered = core.sites.create_site(request).await;
    let site = SiteView::new(core.answer(answered)?.site.unwrap_or_default());
    let scim_base_url = core.scim_base_url(&site.name);
    match form.output {
        Output::Json => print::say_json(&CreatedSiteView { site, scim_base_url }),
        Output::Table => print::say(&format!(
            "Site {name} is made; its SCIM base URL is {scim_base_url}\n\
             Next: provost token create --site {name} --name NAME",
            name = site.name
        )),
    }
}

async fn list(core: &mut RemoteCore, form: Form) -> Result<(), RunError> {
    let page = async |core: &mut RemoteCore, page_token| {
        let page_size = MAX_PAGE_SIZE.into();
        let request = core.request(ListSitesRequest { page_size, page_token });
        let answered = core.sites.list_sites(request).await;
        let page = core.answer(answered)?;
        Ok((page.sites, page.next_page_token))
    };
    let sites = core.whole(page).await?;
    match form.output {
        Output::Json => print::say_json(&sites.into_iter().map(SiteView::new).collect::<Vec<_>>()),
        Output::Table => {
            let row = |site: Site| vec![site.name, time::short(site.create_time)];
            let rows = sites.into_iter().map(row).collect();
            let head = Head { always: &["name", "created"], wide: &[] };
            print::say_table(form, &head, rows, "No site yet: provost site create NAME")
        }
    }
}

async fn show_settings(core: &mut RemoteCore, site: String) -> Result<ScimSettings, RunError> {
    let request = core.request(GetScimSettingsRequest { on_behalf_of: String::new(), site });
    let answered = core.sites.get_scim_settings(request).await;
    Ok(core.answer(answered)?.settings.unwrap_or_default())
}

async fn set_settings(
    core: &mut RemoteCore,
    site: String,
    changes: UpdateSettingsArgs,
) -> Result<ScimSettings, RunError> {
    let protected = changes.protect.clone();
    let request = core.request(changes.into_request(site.clone()));
    let answered = core.sites.update_scim_settings(request).await;
    let settings = core.answer(answered)?.settings.unwrap_or_default();
    for user_name in protected {
        warn_of_nobody(core, &site, user_name).await?;
    }
    Ok(settings)
}

/// A protected name may come later, or be a slip of the pen.
async fn warn_of_nobody(
    core: &mut RemoteCore,
    site: &str,
    user_name: String,
) -> Result<(), RunError> {
    let key = Some(Key::UserName(user_name.clone()));
    let request =
        core.request(LookupUserRequest { on_behalf_of: String::new(), site: site.to_owned(), key });
    let found = core.users.lookup_user(request).await;
    if found.as_ref().is_err_and(|status| status.code() == Code::NotFound) {
        eprintln!(
            "notice: no user has the name \"{user_name}\" yet: it is protected from when somebody comes with it"
        );
        return Ok(());
    }
    core.answer(found).map(|_| ())
}

impl UpdateSettingsArgs {
    fn into_request(self, site: String) -> UpdateScimSettingsRequest {
        let Self {
            enabled,
            allow_moderator_promotion,
            allow_admin_promotion,
            manage_user_roles,
            creation,
            known_users,
            deletion,
            refusals,
            status_authority,
            single_sign_on,
            user_name_assertion,
            ledger_retention_days,
            protect,
            unprotect,
            write,
        } = self;
        UpdateScimSettingsRequest {
            site,
            enabled,
            allow_moderator_promotion: allow_moderator_promotion.or(manage_user_roles),
            allow_admin_promotion: allow_admin_promotion.or(manage_user_roles),
            creation: creation.unwrap_or_default().into(),
            deletion: deletion.unwrap_or_default().into(),
            refusals: refusals.unwrap_or_default().into(),
            protect_user_names: protect,
            unprotect_user_names: unprotect,
            options: write.into_options(),
            status_authority: status_authority.unwrap_or_default().into(),
            single_sign_on,
            user_name_assertion,
            ledger_retention_days,
            known_users: known_users.unwrap_or_default().into(),
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
struct CreatedSiteView {
    #[serde(flatten)]
    site: SiteView,
    scim_base_url: String,
}

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that people know by its name")]
struct SettingsView {
    scim_base_url: String,
    enabled: bool,
    allow_moderator_promotion: bool,
    allow_admin_promotion: bool,
    creation: &'static str,
    known_users: &'static str,
    deletion: &'static str,
    refusals: &'static str,
    protected_user_names: Vec<String>,
    status_authority: &'static str,
    single_sign_on: bool,
    user_name_assertion: String,
    ledger_retention_days: i32,
}

fn say_settings(settings: ScimSettings, scim_base_url: String, form: Form) -> Result<(), RunError> {
    let view = SettingsView {
        scim_base_url,
        enabled: settings.enabled,
        allow_moderator_promotion: settings.allow_moderator_promotion,
        allow_admin_promotion: settings.allow_admin_promotion,
        creation: settings.creation().into(),
        known_users: settings.known_users().into(),
        deletion: settings.deletion().into(),
        refusals: settings.refusals().into(),
        status_authority: settings.status_authority().into(),
        single_sign_on: settings.single_sign_on,
        user_name_assertion: settings.user_name_assertion,
        ledger_retention_days: settings.ledger_retention_days,
        protected_user_names: settings.protected_user_names,
    };
    if form.output == Output::Json {
        return print::say_json(&view);
    }
    print::say_pairs(
        form,
        &[
            ("scim_base_url", view.scim_base_url),
            ("enabled", print::yes_or_no(view.enabled)),
            ("allow_moderator_promotion", print::yes_or_no(view.allow_moderator_promotion)),
            ("allow_admin_promotion", print::yes_or_no(view.allow_admin_promotion)),
            ("creation", view.creation.to_owned()),
            ("known_users", view.known_users.to_owned()),
            ("deletion", view.deletion.to_owned()),
            ("refusals", view.refusals.to_owned()),
            ("protected_user_names", view.protected_user_names.join(", ")),
            ("status_authority", view.status_authority.to_owned()),
            ("single_sign_on", print::yes_or_no(view.single_sign_on)),
            ("user_name_assertion", view.user_name_assertion),
            ("ledger_retention_days", print::days(view.ledger_retention_days)),
        ],
    )
}
