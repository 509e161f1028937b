//! `provost doctor`: what an identity provider would trip over, at any SCIM base URL.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use strum::IntoEnumIterator as _;

use super::core::Output;
use super::time;
use crate::doctor::providers::Provider;
use crate::doctor::{Examination, Examined};
use crate::run_error::RunError;
use crate::shutdown;

mod view;

/// The variable that may hold the SCIM token.
const TOKEN_VARIABLE: &str = "PROVOST_SCIM_TOKEN";

const EXAMPLES: &str = "\
Examples:
  provost doctor --url https://id.example.com/api/scim/v2 --token-file scim.token --user test@example.com
  provost doctor --url https://id.example.com/api/scim/v2 --token-file scim.token --idp entra --output json
  provost doctor --url https://id.example.com/api/scim/v2 --dry-run

The test account is changed, deactivated and where promotions are open promoted, and then put back as it
was; without --user one is created and deleted, where that is allowed.
Ends with 0 where providers get along, with 1 where one would trip, with 2 where nothing could be examined.";

/// What to examine.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DoctorArgs {
    /// The base URL, as it is entered in the identity provider
    #[arg(long, value_name = "URL")]
    url: String,
    /// The SCIM token; other people on this machine can see what stands on a command line
    #[arg(long, value_name = "TOKEN", conflicts_with = "token_file")]
    token: Option<String>,
    /// A file with the SCIM token, - for standard input [default: the variable `PROVOST_SCIM_TOKEN`]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The user name of a test account [default: one is created]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Whom to play, again for each [default: all]
    #[arg(long, value_name = "PROVIDER", value_parser = providers())]
    idp: Vec<Provider>,
    /// A file with the certificate of an authority, where it isn't one that everybody trusts
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// How long an answer may take
    #[arg(long, value_name = "SPAN", default_value = "60s", value_parser = humantime::parse_duration)]
    time_limit: Duration,
    /// List what would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Lines for people or JSON for scripts
    #[arg(long, value_enum, default_value_t = Output::Table)]
    output: Output,
}

fn providers() -> impl TypedValueParser<Value = Provider> {
    let names = Provider::iter().map(<&'static str>::from);
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Provider>())
}

/// Examines, and prints what is found while it is.
pub async fn run(args: DoctorArgs) -> Result<(), RunError> {
    let DoctorArgs { url, token, token_file, user, idp, ca, time_limit, dry_run, output } = args;
    let nonce = hex::encode(rand::random::<[u8; 8]>());
    let mut examination = Examination::new(&url, ca, nonce, time::now())?;
    examination.user_name = user;
    examination.time_limit = time_limit;
    examination.providers = if idp.is_empty() { Provider::iter().collect() } else { idp };
    if dry_run {
        return view::plan(&examination.plan()?, output);
    }
    let token = token_of(token, token_file.as_deref())?;
    examination.stop = shutdown::on_signal()?.now;
    let Examined { report, is_put_back } = examination.run(&token, view::live(output)).await?;
    view::result(&url, &report, is_put_back, output)
}

/// From the command line, else the file that was named, else the variable.
fn token_of(token: Option<String>, file: Option<&Path>) -> Result<String, RunError> {
    let text = match (token, file) {
        (Some(token), _) => token,
        (None, Some(file)) if file == Path::new("-") => {
            let mut line = String::new();
            io::stdin().read_line(&mut line)?;
            line
        }
        (None, Some(file)) => std::fs::read_to_string(file).map_err(|error| {
            RunError::Usage(format!("The token can't be read from {} ({error}).", file.display()))
        })?,
        (None, None) => std::env::var(TOKEN_VARIABLE).map_err(|_| {
            RunError::Usage(format!(
                "There is no token: name its file with --token-file, or set {TOKEN_VARIABLE}."
            ))
        })?,
    };
    Ok(text.trim().to_owned())
}
