//! The thread that writes the log.
//!
//! Owns the lines that wait for it, so that whoever reads the log, and stops, holds up no request.
//! Must never know what a line says.

use std::io::{self, BufWriter, Write};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};

/// How many lines wait while nobody reads; those beyond are lost. A line has a few hundred bytes.
const WAITING_LINES: usize = 4_096;

/// How long lines gather before the thread looks again: to be woken for each line costs the request
/// that wrote it more than the line does.
const GATHER: Duration = Duration::from_millis(5);

/// How long the end of the process waits for a reader: as long as the thread itself may, and more.
const FLUSH_PATIENCE: Duration = Duration::from_secs(2);

/// The end of the log; [`LogGuard::flush`] writes what waits.
pub struct LogGuard(WorkerGuard);

/// Where the thread writes to, and who says what was lost before.
struct LogOutput<W: Write> {
    out: BufWriter<W>,
    lost: Arc<OnceLock<ErrorCounter>>,
    told: usize,
}

/// Starts the thread.
pub fn start(out: impl Write + Send + 'static) -> (NonBlocking, LogGuard) {
    let lost = Arc::new(OnceLock::new());
    let output = LogOutput { out: BufWriter::new(out), lost: Arc::clone(&lost), told: 0 };
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(WAITING_LINES)
        .thread_name("log")
        .finish(output);
    lost.get_or_init(|| writer.error_counter());
    (writer, LogGuard(guard))
}

impl LogGuard {
    /// Writes the lines that wait, unless nobody reads.
    pub async fn flush(self) {
        let (done, flushed) = tokio::sync::oneshot::channel();
        // A thread that nobody waits for at the end: it may complain to a standard output that
        // nobody reads either.
        thread::spawn(move || {
            drop(self.0);
            let _ = done.send(());
        });
        let _ = tokio::time::timeout(FLUSH_PATIENCE, flushed).await;
    }
}

impl<W: Write> Write for LogOutput<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.out.write(text)
    }

    /// Called when no more lines wait.
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()?;
        let lost = self.lost.get().map_or(0, ErrorCounter::dropped_lines);
        if lost > self.told {
            let lines = lost - self.told;
            self.told = lost;
            tracing::warn!(lines, "log lines were lost, because nobody read the log for a while");
        }
        thread::sleep(GATHER);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;

    use super::{WAITING_LINES, Write, start};

    /// Takes what is written only when somebody reads.
    struct Pipe {
        reads: Receiver<()>,
        written: Sender<Vec<u8>>,
    }

    impl Write for Pipe {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            // An error says that somebody reads all the time now.
            let _ = self.reads.recv();
            let _ = self.written.send(text.to_vec());
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_lost_is_told_when_somebody_reads_again() {
        let (reader, reads) = channel();
        let (written, log) = channel();
        let (writer, _guard) = start(Pipe { reads, written });
        let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer.clone());
        tracing_subscriber::registry().with(lines).init();

        tracing::info!("the first line");
        reader.send(()).unwrap();
        log.recv().unwrap();
        let lost = writer.error_counter();
        while lost.dropped_lines() < 3 {
            tracing::info!("a line");
        }
        drop(reader);

        let mut said = String::new();
        while !said.contains("log lines were lost") {
            said += &String::from_utf8(log.recv().unwrap()).unwrap();
        }
        assert!(said.matches("a line").count() >= WAITING_LINES);
        // Other tests of the process may have lost lines as well, which are told with ours.
        let told = said.rsplit_once("lines=").and_then(|(_, rest)| rest.trim().parse().ok());
        assert_eq!(told, Some(lost.dropped_lines()), "{said}");
    }
}
