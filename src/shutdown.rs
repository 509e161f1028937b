//! When it is time to stop: SIGTERM from the system, ctrl-c from a person. And when it is not:
//! other signals would end the process by default.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A file has reached the size that the system allows. The write fails all the same, and is answered
/// as such. The number is that of Linux and of the BSDs.
const FILE_SIZE: i32 = 25;

/// What signals ask for.
#[derive(Debug, Clone)]
pub struct StopSignals {
    /// Cancelled by the first of both signals.
    pub now: CancellationToken,
    /// Cancelled by another one behind it, from somebody who does not want to wait for balancers.
    pub at_once: CancellationToken,
}

/// Listens to both signals from now on.
pub fn on_signal() -> std::io::Result<StopSignals> {
    // Registered before the first await: a signal right after the start is not lost.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // A signal that somebody waits for does nothing by itself any more.
    let hangup = signal(SignalKind::hangup())?;
    let file_size = signal(SignalKind::from_raw(FILE_SIZE))?;
    tokio::spawn(survive(
        hangup,
        "SIGHUP has files of TLS read again, and changes nothing else: settings are read at the start only",
    ));
    tokio::spawn(survive(file_size, "a file can't grow any more: raise its limit of size"));
    let stop = StopSignals { now: CancellationToken::new(), at_once: CancellationToken::new() };
    let told = stop.clone();
    tokio::spawn(async move {
        for told in [told.now, told.at_once] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            told.cancel();
        }
    });
    Ok(stop)
}

async fn survive(mut signal: Signal, words: &'static str) {
    while signal.recv().await.is_some() {
        tracing::warn!("{words}");
    }
}
