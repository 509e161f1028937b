//! `provost sign-in-link`: a link that signs somebody in at the console, once, without the operator token in a
//! browser.

use clap::Args;
use provost_proto::v1::{CreateSignInCodeRequest, CreateSignInCodeResponse};
use serde::Serialize;

use super::core::{OperatorFlags, Output, RemoteCore, WriteFlags};
use super::{Flags, print, time};
use crate::run_error::RunError;

const EXAMPLES: &str = "\
Examples:
  provost sign-in-link
  provost sign-in-link --console-url https://console.example.com --reason 'handed to Ada'

Whoever opens the link first has what the operator token opens, for 8 hours: hand it over as you would a
password.";

/// For which console, and why.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SignInLinkArgs {
    #[command(flatten)]
    operator: OperatorFlags,
    /// What people type to open the console [default: where the running service serves it]
    #[arg(long, value_name = "URL")]
    console_url: Option<String>,
    #[command(flatten)]
    write: WriteFlags,
}

/// Has the core make a code, and prints the link with it.
pub async fn run(args: SignInLinkArgs, flags: &Flags) -> Result<(), RunError> {
    let SignInLinkArgs { operator, console_url, write } = args;
    let mut core = RemoteCore::find(&operator, flags)?;
    let console = console_url.or_else(|| core.console_url.clone()).ok_or_else(|| {
        RunError::Usage(
            "Nobody says where the console is: name it with --console-url, for example \
             https://console.example.com."
                .to_owned(),
        )
    })?;
    let request = core.request(CreateSignInCodeRequest { options: write.into_options() });
    let answered = core.sessions.create_sign_in_code(request).await;
    let CreateSignInCodeResponse { code, expire_time, .. } = core.answer(answered)?;
    let link = format!("{}/sign-in?code={code}", console.trim_end_matches('/'));
    if operator.form.output == Output::Json {
        return print::say_json(&SignInLinkView {
            link,
            expire_time: expire_time.map(time::written),
        });
    }
    // The link alone on standard output, so that it can be piped.
    eprintln!("It signs in once, within an hour, as the operator:");
    print::say(&link)
}

#[derive(Serialize)]
struct SignInLinkView {
    link: String,
    expire_time: Option<String>,
}
