//! `provost site delete`: for good, so it is asked for twice.

use std::io::{self, IsTerminal as _};

use clap::Args;
use provost_proto::v1::DeleteSiteRequest;
use serde::Serialize;

use crate::cli::core::{Form, Output, RemoteCore, WriteFlags};
use crate::cli::print;
use crate::run_error::RunError;

/// Which site, and that it is meant.
#[derive(Debug, Args)]
pub struct DeleteSiteArgs {
    /// The site
    name: String,
    /// The name once more, where nobody can be asked for it
    #[arg(long, value_name = "NAME")]
    confirm: Option<String>,
    #[command(flatten)]
    write: WriteFlags,
}

/// Deletes the site whose name was typed twice.
pub async fn run(core: &mut RemoteCore, args: DeleteSiteArgs, form: Form) -> Result<(), RunError> {
    let DeleteSiteArgs { name, confirm, write } = args;
    let confirmed = match confirm {
        Some(confirmed) => confirmed,
        None if io::stdin().is_terminal() => ask(&name)?,
        None => {
            return Err(RunError::Usage(format!(
                "Deleting a site can't be undone: repeat its name with --confirm {name}"
            )));
        }
    };
    if confirmed != name {
        return Err(RunError::Usage(format!(
            "\"{confirmed}\" is not \"{name}\", so nothing was deleted: repeat the name of the site."
        )));
    }
    let (site, options) = (name.clone(), write.into_options());
    let request = core.request(DeleteSiteRequest { site, options });
    let answered = core.sites.delete_site(request).await;
    let revision = core.answer(answered)?.revision;
    match form.output {
        Output::Json => print::say_json(&DeletedSiteView { name, revision }),
        Output::Table => print::say(&format!(
            "Site {name} is deleted, with its users, connections and tokens. Its ledger stays."
        )),
    }
}

fn ask(name: &str) -> Result<String, RunError> {
    eprintln!("Site {name} goes for good, with its users, connections and tokens.");
    eprint!("Type its name to delete it: ");
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

#[derive(Serialize)]
struct DeletedSiteView {
    name: String,
    revision: i64,
}
