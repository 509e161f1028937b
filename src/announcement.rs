//! What a start says about itself: addresses, and at the first start where its token is.
//!
//! Must never write the token anywhere but to a terminal and into a file for its owner only.

mod trial;

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::print;
use crate::config::{Config, LogFormat, reachable};
use crate::mode::Mode;
use crate::run_error::RunError;
use crate::serve::Running;
use trial::Trial;

/// The path at which SCIM is served for the site of an installation that has only one.
const SCIM_PATH: &str = "/api/scim/v2";
/// The file for the token of a first start that nobody watches.
const TOKEN_FILE: &str = "scim.token";

/// What a started service can be told about.
#[derive(Serialize)]
pub struct Announcement {
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scim_base_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    console_url: Option<String>,
    grpc_address: String,
    admin_address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator_token_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scim_token_file: Option<PathBuf>,
    /// The end of a link that signs in once, where somebody watches.
    #[serde(skip)]
    sign_in_code: Option<String>,
    #[serde(skip)]
    trial: Trial,
}

impl Announcement {
    /// Puts together what the process serves; a first token goes into its file where nobody watches.
    pub async fn new(mode: Mode, config: &Config, running: &Running) -> Result<Self, RunError> {
        let is_watched = config.log.format == LogFormat::Pretty && io::stdout().is_terminal();
        let token = running.first_scim_token.as_deref();
        let scim_token_file = match token.filter(|_| !is_watched) {
            Some(token) => Some(kept(&config.data_dir.join(TOKEN_FILE), token)?),
            None => None,
        };
        let sign_in_code = if is_watched {
            // The first token is shown once, and shown it has to be.
            running.first_sign_in_code(config).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "no link into the console was made: provost sign-in-link makes one");
                None
            })
        } else {
            None
        };
        let grpc_address = match running.grpc_addr {
            Some(address) => reachable(address).to_string(),
            None => config.way_to_core().to_string(),
        };
        let local = running.http_addr.map(reachable);
        Ok(Self {
            message: message(mode, running.has_core),
            scim_base_url: local.map(|_| format!("{}{SCIM_PATH}", running.public_url(config))),
            console_url: running.console_url(config),
            sign_in_code,
            grpc_address,
            admin_address: reachable(running.admin_addr).to_string(),
            operator_token_file: mode.has_core().then(|| config.operator_token_file()),
            scim_token_file,
            trial: Trial::new(
                config,
                local.map(|_| running.local_url(config)),
                token.filter(|_| is_watched),
            ),
        })
    }

    /// Writes it to standard output in the form of the logs.
    pub fn say(&self, format: LogFormat) -> Result<(), RunError> {
        match format {
            LogFormat::Pretty => print::say(&self.to_string()),
            LogFormat::Json => print::say(&serde_json::to_string(self).map_err(io::Error::other)?),
        }
    }
}

impl fmt::Display for Announcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.message)?;
        if let Some(url) = &self.scim_base_url {
            writeln!(f, "SCIM base URL   {url}")?;
        }
        if let Some(url) = &self.console_url {
            match &self.sign_in_code {
                None => writeln!(f, "Console         {url}")?,
                Some(code) => writeln!(
                    f,
                    "Console         this link signs you in, once and within an hour:\n\
                     {url}/sign-in?code={code}"
                )?,
            }
        }
        // The screen of a newcomer is full without them.
        if self.trial.token.is_none() || self.scim_base_url.is_none() {
            writeln!(f, "gRPC address    {}", self.grpc_address)?;
        }
        if self.trial.token.is_none() {
            writeln!(f, "Admin address   {}", self.admin_address)?;
        }
        let Some(operator_token_file) = &self.operator_token_file else {
            return Ok(());
        };
        writeln!(f, "Operator token  in {}", operator_token_file.display())?;
        if let Some(file) = &self.scim_token_file {
            writeln!(f, "SCIM token      in {}; its name is first", file.display())?;
        }
        write!(f, "{}", self.trial)
    }
}

fn message(mode: Mode, has_core: bool) -> String {
    let version = env!("CARGO_PKG_VERSION");
    if has_core {
        return format!("Provost {version} is running.");
    }
    format!("The {mode} of Provost {version} is running, but no core answers it yet.")
}

/// Keeps a token in a file that only its owner can read, in place of one that an older database may
/// have left.
fn kept(path: &Path, token: &str) -> Result<PathBuf, RunError> {
    let written = || {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        writeln!(file, "{token}")?;
        file.sync_all()
    };
    written().map_err(|source| RunError::DataFolder { path: path.to_owned(), source })?;
    tracing::info!(file = %path.display(), "the first SCIM token is in a file");
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests;
