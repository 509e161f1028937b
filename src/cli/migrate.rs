//! `provost migrate`.

use super::{Flags, print};
use crate::config::Config;
use crate::mode::Mode;
use crate::operator;
use crate::run_error::RunError;
use crate::telemetry;

/// Applies what is missing and says what it was.
pub async fn run(flags: &Flags) -> Result<(), RunError> {
    let (config, _) = Config::load(&flags.inputs())?;
    let telemetry = telemetry::start(&config.log, &config.telemetry, Mode::Core)?;
    if config.database.url.is_empty() {
        operator::prepare_data_folder(&config.data_dir)?;
    }
    let applied = provost_core::migrate(&config.database_url()).await;
    telemetry.flush().await;
    let applied = applied?;
    if applied.is_empty() {
        return print::say("The database has the newest schema already; nothing was done.");
    }
    print::say(&format!("Applied: {}.", applied.join(", ")))
}
