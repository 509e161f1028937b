//! How an operator command reaches the core: address, token, clients.

use std::env;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use provost_core::SiteName;
use provost_proto::v1::access_service_client::AccessServiceClient;
use provost_proto::v1::group_service_client::GroupServiceClient;
use provost_proto::v1::ledger_service_client::LedgerServiceClient;
use provost_proto::v1::operations_service_client::OperationsServiceClient;
use provost_proto::v1::session_service_client::SessionServiceClient;
use provost_proto::v1::site_service_client::SiteServiceClient;
use provost_proto::v1::user_service_client::UserServiceClient;
use provost_proto::v1::{ErrorReason, WriteOptions};
use tonic::service::interceptor::InterceptedService;
use tonic::{Request, Response, Status};

use super::Flags;
use crate::addresses::Addresses;
use crate::channel::{self, AsOperator, Clients, Remote};
use crate::config::{Config, reachable};
use crate::run_error::RunError;

/// The variable that may hold the operator token.
const TOKEN_VARIABLE: &str = "PROVOST_OPERATOR_TOKEN";

type Authorized = InterceptedService<Remote, AsOperator>;

/// Flags of every operator command: which core, as whom, and the form of the answer.
#[derive(Debug, Args)]
#[command(next_help_heading = "Operator")]
pub struct OperatorFlags {
    /// Address of the core [default: the setting core.address, else where the core of the data folder is]
    #[arg(long, global = true, value_name = "URL")]
    pub address: Option<String>,
    /// File with the operator token [default: the variable `PROVOST_OPERATOR_TOKEN`, else operator.token in the data folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// How the answer is written.
    #[command(flatten)]
    pub form: Form,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, Args)]
pub struct Form {
    /// A table for people or JSON for scripts
    #[arg(long, global = true, value_enum, default_value_t = Output::Table)]
    pub output: Output,
    /// Show every column of a table, and each row in one line
    #[arg(long, global = true)]
    pub wide: bool,
}

/// Who reads an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Table,
    /// For scripts.
    Json,
}

/// The site that a command is about.
#[derive(Debug, Args)]
pub struct SiteFlag {
    /// The site
    #[arg(long, global = true, value_name = "NAME", default_value = SiteName::DEFAULT)]
    pub site: String,
}

/// What every command that writes may say besides.
#[derive(Debug, Args)]
pub struct WriteFlags {
    /// Why, kept in the ledger with the decision
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl WriteFlags {
    /// As the contract says it.
    pub fn into_options(self) -> Option<WriteOptions> {
        self.reason.map(|reason| WriteOptions { reason, ..WriteOptions::default() })
    }

    /// As the contract says it, of what may only be tried.
    pub fn into_options_of(self, dry_run: bool) -> Option<WriteOptions> {
        let options = self.into_options();
        if !dry_run {
            return options;
        }
        Some(WriteOptions { validate_only: true, ..options.unwrap_or_default() })
    }
}

/// The core, spoken to as the operator.
pub struct RemoteCore {
    /// Sites, settings, tokens.
    pub sites: SiteServiceClient<Authorized>,
    /// Users.
    pub users: UserServiceClient<Authorized>,
    /// Groups.
    pub groups: GroupServiceClient<Authorized>,
    /// Ledgers.
    pub ledgers: LedgerServiceClient<Authorized>,
    /// Services and their grants.
    pub services: AccessServiceClient<Authorized>,
    /// How the installation is.
    pub operations: OperationsServiceClient<Authorized>,
    /// Who is signed in to the console.
    pub sessions: SessionServiceClient<Authorized>,
    /// Where people open the console, as the running service says; none where nobody says it.
    pub console_url: Option<String>,
    address: String,
    token_from: TokenFrom,
    public_url: Option<String>,
    timeout: std::time::Duration,
}

/// Where the operator token was found.
enum TokenFrom {
    Variable,
    File(PathBuf),
}

impl RemoteCore {
    /// Finds address and token; the connection is made by the first call.
    pub fn find(operator: &OperatorFlags, flags: &Flags) -> Result<Self, RunError> {
        let inputs = flags.inputs_and(operator.address.as_deref());
        let (config, _) = Config::load(&inputs)?;
        let (token, token_from) = operator.token(&config)?;
        // Where a core is named, it has nothing to do with the data folder here.
        let named = config.core.address.is_some();
        let running = if named { None } else { Addresses::of(&config.data_dir) };
        let found = running.as_ref().map(Addresses::way_to_core);
        let way = found.unwrap_or_else(|| config.way_to_core());
        if let Some(tls) = &way.tls {
            tls.check()?;
        }
        let channel = channel::remote(&way);
        let Clients { sites, users, groups, ledgers, services, operations, sessions } =
            Clients::new(channel, AsOperator::new(&token)?);
        Ok(Self {
            sites,
            users,
            groups,
            ledgers,
            services,
            operations,
            sessions,
            console_url: running.as_ref().and_then(|running| running.console_url.clone()),
            address: way.to_string(),
            token_from,
            public_url: public_url(&config, running),
            timeout: config.core.timeout,
        })
    }

    /// A request with the deadline in force.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(self.timeout);
        request
    }

    /// The answer, or why there is none.
    pub fn answer<T>(&self, answered: Result<Response<T>, Status>) -> Result<T, RunError> {
        match answered {
            Ok(response) => Ok(response.into_inner()),
            Err(status) => Err(self.failure(&status)),
        }
    }

    /// Why there is no answer.
    pub fn failure(&self, status: &Status) -> RunError {
        let failure = RunError::answered(status, &self.address);
        failure.said_as(ErrorReason::TokenInvalid, self.about_the_token())
    }

    /// All of a list, page after page, where `page` answers the rows from a page token on and the next
    /// token.
    pub async fn whole<T>(
        &mut self,
        mut page: impl AsyncFnMut(&mut Self, String) -> Result<(Vec<T>, String), RunError>,
    ) -> Result<Vec<T>, RunError> {
        let (mut rows, mut token) = page(self, String::new()).await?;
        while !token.is_empty() {
            let (more, next) = page(self, token).await?;
            rows.extend(more);
            token = next;
        }
        Ok(rows)
    }

    /// What identity providers of a site are given beside a token.
    pub fn scim_base_url(&self, site: &str) -> String {
        let front = self.public_url.as_deref().unwrap_or("https://HOST");
        if site == SiteName::DEFAULT || site.is_empty() {
            return format!("{front}/api/scim/v2");
        }
        format!("{front}/c/{site}/auth/scim/v2")
    }

    /// Why the core may not know the token.
    fn about_the_token(&self) -> String {
        let address = &self.address;
        match &self.token_from {
            TokenFrom::Variable => format!(
                "the core at {address} has another operator token than {TOKEN_VARIABLE}, which goes before the file in the data folder; correct the variable, or unset it"
            ),
            TokenFrom::File(path) => format!(
                "the core at {address} has another operator token than {path}; name the file in the data folder of that core with --token-file",
                path = path.display()
            ),
        }
    }
}

/// What stands in front of the path of SCIM: what is set, else what the running service says, else
/// where it would be served here, unless the core is elsewhere.
fn public_url(config: &Config, running: Option<Addresses>) -> Option<String> {
    let set = &config.http.public_url;
    if !set.is_empty() {
        return Some(set.clone());
    }
    let scheme = if config.http_tls().is_some() { "https" } else { "http" };
    let here = || format!("{scheme}://{}", reachable(config.http.listen));
    match running {
        Some(running) => running.public_url.or_else(|| Some(here())),
        None => config.core.address.is_none().then(here),
    }
}

impl OperatorFlags {
    /// From the file that was named, else the variable, else the data folder.
    fn token(&self, config: &Config) -> Result<(String, TokenFrom), RunError> {
        if self.token_file.is_none()
            && let Ok(token) = env::var(TOKEN_VARIABLE)
        {
            return Ok((token.trim().to_owned(), TokenFrom::Variable));
        }
        let path = self.token_file.clone().unwrap_or_else(|| config.operator_token_file());
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok((text.trim().to_owned(), TokenFrom::File(path))),
            Err(source) => Err(RunError::OperatorToken { path, source }),
        }
    }
}
