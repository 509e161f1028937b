//! `provost config`: what is in force and where it was set.

use clap::Args;
use serde::Serialize;

use super::core::{Form, Output};
use super::print::Head;
use super::{Flags, print};
use crate::config::{Config, DEFAULT, Setting};
use crate::run_error::RunError;

/// What to print.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  provost config --defaults > provost.toml      every setting with a sentence, to edit"
)]
pub struct ConfigArgs {
    /// Print the defaults file instead, with a sentence for each setting
    #[arg(long)]
    defaults: bool,
    #[command(flatten)]
    form: Form,
}

#[derive(Serialize)]
struct InForce<'a> {
    file: Option<String>,
    database_url: String,
    settings: Vec<&'a Setting>,
}

/// Prints the settings in force.
pub fn run(args: &ConfigArgs, flags: &Flags) -> Result<(), RunError> {
    if args.defaults {
        return print::say(DEFAULT);
    }
    let (config, listing) = Config::load(&flags.inputs())?;
    let absolute =
        |path: &std::path::PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let in_force = InForce {
        file: listing.file.as_ref().map(|path| absolute(path).display().to_string()),
        database_url: config.masked_database_url(),
        settings: listing.settings().collect(),
    };
    match args.form.output {
        Output::Json => print::say_json(&in_force),
        Output::Table => say_listing(args.form, &in_force),
    }
}

fn say_listing(form: Form, in_force: &InForce<'_>) -> Result<(), RunError> {
    let row = |setting: &&Setting| {
        let Setting { key, value, source } = setting;
        vec![key.clone(), value.clone(), source.clone()]
    };
    print::say_table(
        form,
        &Head { always: &["setting", "value", "set by"], wide: &[] },
        in_force.settings.iter().map(row).collect(),
        "",
    )?;
    let file = in_force.file.as_deref().unwrap_or("none");
    print::say(&format!("\nfile read: {file}\ndatabase:  {}", in_force.database_url))
}
