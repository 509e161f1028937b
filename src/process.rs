//! One run of the service as a process: threads, telemetry, the rooms, what is printed, the end.
//!
//! Must never know how a room is built.

use tracing::{Instrument as _, info_span};

use crate::announcement::Announcement;
use crate::config::{Config, Inputs};
use crate::mode::Mode;
use crate::run_error::RunError;
use crate::{runtime, serve, shutdown, telemetry};

/// Runs until a signal comes, then drains: what `provost serve`, `core`, `gateway` and `console` do.
pub fn until_told(mode: Mode, inputs: &Inputs) -> Result<(), RunError> {
    let (config, _) = Config::load(inputs)?;
    runtime::of_service(mode, &config)?.block_on(async {
        let telemetry = telemetry::start(&config.log, &config.telemetry, mode)?;
        let outcome = start_and_wait(mode, &config).await;
        telemetry.flush().await;
        outcome
    })
}

async fn start_and_wait(mode: Mode, config: &Config) -> Result<(), RunError> {
    let stop = shutdown::on_signal()?;
    let running = serve::start(mode, config).instrument(info_span!("start")).await?;
    Announcement::new(mode, config, &running).await?.say(config.log.format)?;
    running.until(stop).await
}
