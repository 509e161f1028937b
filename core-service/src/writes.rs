//! The one writer: takes what waits, decides it together, answers after the commit.
//!
//! Owns the queue and the order of decisions. Must never know what a decision means: the law
//! decides, the store stores.

mod desk;
mod group;
#[cfg(test)]
mod tests;

use crate::Failure;
use crate::store::{GroupWriter, Store};
use crate::trace::Call;
use provost_domain::{Answer, Ask, SiteId, UserId, UserNameKey};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The most asks that are decided in one transaction.
const LARGEST_GROUP: usize = 256;
/// How many asks may wait before further ones wait outside.
const QUEUE: usize = 1024;

/// Who is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The user with this id.
    Id(UserId),
    /// Whoever has this user name, if anybody.
    Name(UserNameKey),
}

/// An ask on its way to the writer.
#[derive(Debug)]
pub struct Write {
    /// The site asked about.
    pub site: SiteId,
    /// The user asked about.
    pub target: Target,
    /// What is asked.
    pub ask: Ask,
    /// Decide, but store nothing.
    pub validate_only: bool,
}

/// What was decided, and stored unless it was only validated.
#[derive(Debug)]
pub struct Decided {
    /// What the caller is told.
    pub answer: Answer,
    /// Position in the site's ledger; 0 when nothing was written.
    pub revision: i64,
}

/// A write that waits for its answer.
struct Job {
    write: Write,
    call: Call,
    reply: oneshot::Sender<Result<Decided, Failure>>,
}

/// The door to the writer.
#[derive(Debug, Clone)]
pub struct Writes {
    queue: mpsc::Sender<Job>,
}

impl Writes {
    /// Starts the writer. Told to stop, it takes nothing more, decides what waits, and ends.
    pub fn start(store: &Store, stopping: CancellationToken) -> (Self, JoinHandle<()>) {
        let (queue, jobs) = mpsc::channel(QUEUE);
        (Self { queue }, tokio::spawn(run(store.group_writer(), jobs, stopping)))
    }

    /// Has one ask decided and stored.
    pub async fn decide(&self, write: Write) -> Result<Decided, Failure> {
        let (reply, answer) = oneshot::channel();
        let job = Job { write, call: Call::current(), reply };
        self.queue.send(job).await.map_err(|_| Failure::Stopping)?;
        answer.await.map_err(|_| Failure::Stopping)?
    }
}

async fn run(mut writer: GroupWriter, mut jobs: mpsc::Receiver<Job>, stopping: CancellationToken) {
    let mut waiting = Vec::new();
    loop {
        // On SQLite, what operators change is written on the same connection.
        if jobs.is_empty() {
            writer.rest();
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
        group::decide_together(&mut writer, std::mem::take(&mut waiting)).await;
    }
}
