//! The one writer: takes what waits, decides it together, answers after the commit.
//!
//! Owns the queue and the order of decisions. Must never know what a command means: the law says
//! what it needs and decides, the store loads and saves.

mod group;
#[cfg(test)]
mod tests;
mod unit_of_work;

use crate::Failure;
use crate::store::{GroupWriter, Store};
use crate::trace::Call;
use provost_domain::{Changes, Command, Decision};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The most commands that are decided in one transaction.
const LARGEST_GROUP: usize = 256;
/// How many commands may wait before further ones wait outside.
const QUEUE: usize = 1024;

/// A command that waits for its answer.
struct Job {
    command: Command,
    call: Call,
    reply: oneshot::Sender<Result<Decision, Failure>>,
}

/// The way to the writer.
#[derive(Debug, Clone)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
}

/// The writer at work: its connection, and whoever is told of what was committed.
struct WriterTask {
    connection: GroupWriter,
    committed: Box<dyn Fn(&Changes) + Send + Sync>,
}

impl Writer {
    /// Starts the writer, which tells of every commit before it answers. Told to stop, it takes
    /// nothing more, decides what waits, and ends.
    pub fn start(
        store: &Store,
        committed: impl Fn(&Changes) + Send + Sync + 'static,
        stopping: CancellationToken,
    ) -> (Self, JoinHandle<()>) {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let task = WriterTask { connection: store.group_writer(), committed: Box::new(committed) };
        (Self { queue }, tokio::spawn(run(task, jobs, stopping)))
    }

    /// Has one command decided and stored.
    pub async fn submit(&self, command: Command) -> Result<Decision, Failure> {
        let (reply, answer) = oneshot::channel();
        let job = Job { command, call: Call::current(), reply };
        self.queue.send(job).await.map_err(|_| Failure::Stopping)?;
        answer.await.map_err(|_| Failure::Stopping)?
    }
}

async fn run(mut task: WriterTask, mut jobs: mpsc::Receiver<Job>, stopping: CancellationToken) {
    let mut waiting = Vec::new();
    loop {
        // On SQLite, the last use of tokens is written on the same connection.
        if jobs.is_empty() {
            task.connection.release();
        }
        let next = jobs.recv_many(&mut waiting, LARGEST_GROUP);
        match stopping.run_until_cancelled(next).await {
            None if jobs.is_closed() && jobs.is_empty() => return,
            None => {
                jobs.close();
                let _ = jobs.recv_many(&mut waiting, LARGEST_GROUP).await;
            }
            Some(0) => return,
            Some(_) => {}
        }
        // Whoever stopped waiting was told nothing, and nothing is done for them.
        waiting.retain(|job| !job.reply.is_closed());
        group::decide_together(&mut task, std::mem::take(&mut waiting)).await;
    }
}
