//! The one writer: takes what waits, decides it together, answers after the commit.
//!
//! Owns the way to the queue and who is still waited for. Must never know what a command means: the
//! law says what it needs and whose turn it is, and decides; the store loads and saves.

mod decisions;
mod group;
mod queue;
mod series;
#[cfg(test)]
mod tests;
mod unit_of_work;

use crate::Failure;
use crate::metrics::{CallerCounts, WriterMeasures};
use crate::store::{GroupWriter, Store};
use crate::trace::Call;
use group::Left;
use provost_domain::{Changes, Command, Decision, Turn};
use provost_telemetry::Meters;
use provost_telemetry::metrics::names;
use queue::{NotQueued, Queue};
pub use series::Series;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A command that waits for its answer.
#[derive(Debug)]
struct Job {
    command: Command,
    turn: Turn,
    call: Call,
    /// Since when it waits.
    since: Instant,
    deadline: Option<Instant>,
    /// With which others it ends.
    series: Option<Arc<Series>>,
    reply: oneshot::Sender<Result<Decision, Failure>>,
}

/// The way to the writer.
#[derive(Debug, Clone)]
pub struct Writer {
    waiting: Arc<Waiting>,
    /// Ends the writer when nobody can ask it any more.
    _last: Arc<DropGuard>,
}

/// A command in the queue. It is not decided for whoever drops this before.
#[derive(Debug)]
pub struct Queued(oneshot::Receiver<Result<Decision, Failure>>);

impl Queued {
    /// What was decided and stored.
    pub async fn answer(self) -> Result<Decision, Failure> {
        self.0.await.map_err(|_| Failure::Stopping)?
    }
}

/// What waits for the writer, and how it hears of that.
#[derive(Debug, Default)]
struct Waiting {
    queue: Mutex<Queue<Job>>,
    arrived: Notify,
}

/// The writer at work: its connection, and whoever is told of what was committed.
struct WriterTask {
    connection: GroupWriter,
    committed: Box<dyn Fn(&Changes) + Send + Sync>,
    counts: Arc<CallerCounts>,
    measures: WriterMeasures,
    waiting: Arc<Waiting>,
}

impl Writer {
    /// Starts the writer, which tells of every commit before it answers. Told to stop, it takes
    /// nothing more, decides what waits, and ends.
    pub fn start(
        store: &Store,
        committed: impl Fn(&Changes) + Send + Sync + 'static,
        counts: Arc<CallerCounts>,
        meters: &Meters,
        stopping: &CancellationToken,
    ) -> (Self, JoinHandle<()>) {
        let (waiting, stopping) = (Arc::<Waiting>::default(), stopping.child_token());
        let writer =
            Self { waiting: Arc::clone(&waiting), _last: Arc::new(stopping.clone().drop_guard()) };
        let (connection, committed) = (store.group_writer(), Box::new(committed));
        let measures = WriterMeasures::new(meters);
        let looked = Arc::clone(&waiting);
        meters.observe(&names::QUEUE_LENGTH, move |observed| {
            observed.count(&[], looked.queue().len() as u64);
        });
        let task = WriterTask { connection, committed, counts, measures, waiting };
        (writer, tokio::spawn(run(task, stopping)))
    }

    /// Has one command decided and stored, unless its deadline passes before it is decided.
    pub async fn submit(
        &self,
        command: Command,
        deadline: Option<Instant>,
    ) -> Result<Decision, Failure> {
        self.enqueue(command, deadline)?.answer().await
    }

    /// How many commands wait.
    pub fn waiting(&self) -> usize {
        self.waiting.queue().len()
    }

    /// Lets a command wait behind those that wait already.
    pub fn enqueue(&self, command: Command, deadline: Option<Instant>) -> Result<Queued, Failure> {
        let turn = command.turn();
        self.enqueue_at(turn, command, deadline, None)
    }

    /// The same behind all of its site, also those that it might overtake, as one of a series.
    pub fn enqueue_behind(
        &self,
        command: Command,
        deadline: Option<Instant>,
        series: Option<Arc<Series>>,
    ) -> Result<Queued, Failure> {
        let turn = command.turn().overtaking_nothing();
        self.enqueue_at(turn, command, deadline, series)
    }

    fn enqueue_at(
        &self,
        turn: Turn,
        command: Command,
        deadline: Option<Instant>,
        series: Option<Arc<Series>>,
    ) -> Result<Queued, Failure> {
        let (reply, answer) = oneshot::channel();
        let (call, since) = (Call::current(), Instant::now());
        let job = Job { command, turn, call, since, deadline, series, reply };
        self.waiting.queue().push(job, |other| !other.reply.is_closed())?;
        self.waiting.arrived.notify_one();
        Ok(Queued(answer))
    }
}

impl Job {
    /// Whether whoever asked still wants the answer at this time.
    fn is_waited_for(&self, now: Instant) -> bool {
        !self.reply.is_closed() && self.deadline.is_none_or(|deadline| now < deadline)
    }

    fn answer(self, answer: Result<Decision, Failure>) {
        let has_failed =
            answer.as_ref().is_err_and(|failure| !matches!(failure, Failure::NotReached));
        if let Some(series) = self.series.as_ref().filter(|_| has_failed) {
            series.count();
        }
        // Whoever has gone away meanwhile is not waiting for this.
        let _ = self.reply.send(answer);
    }
}

impl AsRef<Turn> for Job {
    fn as_ref(&self) -> &Turn {
        &self.turn
    }
}

impl Waiting {
    fn queue(&self) -> MutexGuard<'_, Queue<Job>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<NotQueued> for Failure {
    fn from(reason: NotQueued) -> Self {
        match reason {
            NotQueued::Full => Self::SiteBusy,
            NotQueued::Closed => Self::Stopping,
        }
    }
}

/// However the writer ends, nobody waits for it in vain.
impl Drop for WriterTask {
    fn drop(&mut self) {
        let mut queue = self.waiting.queue();
        queue.close();
        queue.clear();
    }
}

async fn run(mut task: WriterTask, stopping: CancellationToken) {
    loop {
        let is_last = stopping.is_cancelled();
        if is_last {
            task.waiting.queue().close();
        }
        let group = task.waiting.queue().take();
        if !group.is_empty() {
            decide(&mut task, group).await;
            continue;
        }
        if is_last {
            return;
        }
        // On SQLite, the last use of tokens is written on the same connection.
        task.connection.release();
        stopping.run_until_cancelled(task.waiting.arrived.notified()).await;
    }
}

async fn decide(task: &mut WriterTask, group: Vec<Job>) {
    let now = Instant::now();
    for job in &group {
        task.measures.queue_wait.between(job.since, now);
    }
    let (group, late): (Vec<_>, Vec<_>) = group.into_iter().partition(|job| job.is_waited_for(now));
    for job in late {
        let answer = Err(Failure::TooLate);
        task.counts.decided(&job.command, &answer, false);
        job.answer(answer);
    }
    let mut left = Left::default();
    group::decide_together(task, group, &mut left).await;
    let mut queue = task.waiting.queue();
    queue.put_back(left.undecided);
    queue.learn(&left.surplus);
}
