//! The flags that change settings, and which commands take them.
//!
//! Must never know what a setting does.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command};

use crate::config::{Flag, Inputs};

/// The settings that people change most; each lies over file and variables.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Settings")]
pub struct Flags {
    /// TOML file with settings [default: provost.toml, where there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder for the database and the operator token
    #[arg(long, global = true, value_name = "FOLDER")]
    pub data_dir: Option<String>,
    /// Where SCIM is served
    #[arg(long, global = true, value_name = "IP:PORT")]
    pub http_listen: Option<String>,
    /// Where gRPC is served
    #[arg(long, global = true, value_name = "IP:PORT")]
    pub grpc_listen: Option<String>,
    /// Where the console is served
    #[arg(long, global = true, value_name = "IP:PORT")]
    pub console_listen: Option<String>,
    /// Where the health of the process is told
    #[arg(long, global = true, value_name = "IP:PORT")]
    pub admin_listen: Option<String>,
    /// Where users are stored
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
}

/// Those that do nothing for a command.
fn idle(command: &str) -> &'static [&'static str] {
    match command {
        "core" => &["http_listen", "console_listen"],
        "gateway" => &["data_dir", "grpc_listen", "console_listen", "database_url"],
        "console" => &["data_dir", "http_listen", "grpc_listen", "database_url"],
        "migrate" => &["http_listen", "grpc_listen", "console_listen", "admin_listen"],
        "site" | "connection" | "token" | "service" | "user" | "group" | "status" | "ledger"
        | "sign-in-link" => {
            &["http_listen", "grpc_listen", "console_listen", "admin_listen", "database_url"]
        }
        "completions" | "doctor" => &[
            "config",
            "data_dir",
            "http_listen",
            "grpc_listen",
            "console_listen",
            "admin_listen",
            "database_url",
        ],
        _ => &[],
    }
}

/// The grammar in which each command shows only the flags that do something for it.
pub fn narrowed(grammar: Command) -> Command {
    let flags: Vec<_> = grammar.get_arguments().cloned().collect();
    grammar.mut_subcommands(|command| {
        let idle = idle(command.get_name());
        let hidden = flags.iter().filter(|flag| idle.contains(&flag.get_id().as_str()));
        // A flag that a command has itself is not handed down to it once more.
        command.args(hidden.map(|flag| flag.clone().hide(true)))
    })
}

/// Refuses a flag that would do nothing, wherever it stands on the line.
pub fn refuse_idle(grammar: &mut Command, matches: &ArgMatches) -> Result<(), clap::Error> {
    let Some(command) = matches.subcommand_name() else {
        return Ok(());
    };
    let given = |id: &&&str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let Some(id) = idle(command).iter().find(given) else {
        return Ok(());
    };
    let flag = id.replace('_', "-");
    let problem = format!("--{flag} does nothing for `provost {command}`: leave it out");
    Err(grammar.error(ErrorKind::UnknownArgument, problem))
}

impl Flags {
    /// All sources of settings, as this process finds them.
    pub fn inputs(&self) -> Inputs {
        self.inputs_and(None)
    }

    /// The same, with one more flag.
    pub fn inputs_and(&self, address: Option<&str>) -> Inputs {
        let given = [
            ("--data-dir", "data_dir", self.data_dir.as_deref()),
            ("--http-listen", "http.listen", self.http_listen.as_deref()),
            ("--grpc-listen", "grpc.listen", self.grpc_listen.as_deref()),
            ("--console-listen", "console.listen", self.console_listen.as_deref()),
            ("--admin-listen", "admin.listen", self.admin_listen.as_deref()),
            ("--database-url", "database.url", self.database_url.as_deref()),
            ("--address", "core.address", address),
        ];
        let flag = |(name, key, value): (&'static str, &'static str, Option<&str>)| {
            let value = value?.to_owned();
            Some(Flag { name, key, value })
        };
        Inputs {
            file: self.config.clone(),
            folder: Some(PathBuf::new()),
            variables: std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
            flags: given.into_iter().filter_map(flag).collect(),
        }
    }
}
