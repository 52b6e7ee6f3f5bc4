//! The queue of one-way messages: in process, bounded, one for each application.
//!
//! A job waits, runs, and ends; what has ended is remembered for a while. Events that a message emitted travel by it, too.

mod job;
mod state;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;

use job::tell;
pub use job::{IntoSpawn, Priority, Spawn};
pub(crate) use job::{Job, Work};
pub use state::{JobId, JobStatus, State};
pub(crate) use state::{Place, Queue};

use crate::app::inner::Inner;
use crate::behavior::{backoff, may_pass};
use crate::config::{Field, Section};
use crate::context::{Context, isolated, until};
use crate::error::{Error, Result};
use crate::message::Request;

/// The section `queue` of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QueueConfig {
    /// How many jobs there may be that have not ended. Default 10,000; the next one is answered with kind too many.
    pub capacity: usize,
    /// How many run at a time. Default 64.
    pub workers: usize,
    /// How many that have ended are remembered. Default 1,000.
    pub history: usize,
}

impl Default for QueueConfig {
    fn default() -> Self {
        QueueConfig { capacity: 10_000, workers: 64, history: 1_000 }
    }
}

impl Section for QueueConfig {
    const NAME: &'static str = "queue";
    const FIELDS: &'static [Field] = &[
        Field::optional("capacity", "usize"),
        Field::optional("workers", "usize"),
        Field::optional("history", "usize"),
    ];
}

impl Context {
    /// Sends a command or a query one way: it runs after this call returns, as the same caller, in the same trace, in a
    /// flow of its own. `cx.spawn(m)`, or `cx.spawn(Spawn::of(m).retries(3).expires_in(hour))`.
    ///
    /// It is a send, and no part of this message: it runs also when this message fails. What must not happen then is an
    /// event.
    ///
    /// # Errors
    /// Kind too many, code PT0314, when the queue is full. Kind unavailable, code PT0308, when the application has stopped.
    pub fn spawn<M: Request>(&self, message: impl IntoSpawn<M>) -> Result<JobId> {
        enter(self, message.into_spawn())
    }
}

/// Puts a message into the queue, as one that follows from `cx`.
pub(crate) fn enter<M: Request>(cx: &Context, spawn: Spawn<M>) -> Result<JobId> {
    let place = reserve(cx.app())?;
    let job = Job::message(cx.job_follower(M::INFO)?, spawn, &cx.app().env, &cx.app().behaviors_config);
    if let Some(record) = cx.record() {
        record.spawned::<M>(cx, job.content());
    }
    place.enter(job).map_err(|_| stopped())
}

/// A place in the queue, before there is a job for it.
pub(crate) fn reserve(app: &Arc<Inner>) -> Result<Place> {
    app.queue.reserve(app)
}

/// What `app.jobs()` answers with: what the queue does and did.
#[derive(Clone)]
pub struct Jobs(pub(crate) Arc<Inner>);

impl Jobs {
    /// How a job stands, as long as it is remembered.
    pub fn get(&self, id: JobId) -> Option<JobStatus> {
        self.0.queue.get(id)
    }

    /// The jobs that have not ended, oldest first.
    pub fn live(&self) -> Vec<JobStatus> {
        self.0.queue.live()
    }

    /// The jobs that have ended, oldest first; at most `queue.history` of them.
    pub fn history(&self) -> Vec<JobStatus> {
        self.0.queue.history()
    }

    /// Waits until a job has ended. `None` if it is not remembered.
    ///
    /// Cancel safe.
    pub async fn wait(&self, id: JobId) -> Option<JobStatus> {
        self.0.queue.wait(id).await
    }

    /// Waits until no job is left, those included that wait for their time or for a retry.
    ///
    /// Cancel safe.
    pub async fn idle(&self) {
        self.0.queue.idle().await;
    }
}

/// One of those who work off what is pending, with the job that it runs.
pub(crate) struct Worker {
    app: Arc<Inner>,
    job: Option<Box<Job>>,
    is_gone: bool,
}

impl Worker {
    fn new(app: Arc<Inner>) -> Self {
        Worker { app, job: None, is_gone: false }
    }

    /// The next job; with `None` it is gone.
    fn next(&mut self) -> Option<&mut Job> {
        self.job = self.app.queue.take(self.app.env.wall_clock());
        self.is_gone = self.job.is_none();
        self.job.as_deref_mut()
    }
}

/// A runtime may end before the application does.
impl Drop for Worker {
    fn drop(&mut self) {
        if self.is_gone {
            return;
        }
        self.app.queue.lose_worker();
        if let Some(job) = self.job.take() {
            let (trace_id, name) = (job.follower.trace_id, job.info.full_name());
            tracing::error!(target: "partitura", %trace_id, job = name, "a job was dropped with the runtime that it ran in");
            self.app.queue.end(&self.app, job, State::Failed, Some("the runtime that it ran in has ended".to_owned()));
        }
    }
}

/// Works off what is pending, one job after the other.
pub(crate) async fn work(mut worker: Worker) {
    let app = worker.app.clone();
    while let Some(job) = worker.next() {
        let ended = run(&app, job).await;
        match (worker.job.take(), ended) {
            (Some(job), Ended::Again(wait)) => wait_for_retry(&app, job, wait),
            (Some(job), Ended::As(state, error)) => app.queue.end(&app, job, state, error),
            (None, _) => {}
        }
        // Handlers that never wait would keep the thread from everybody else.
        tokio::task::coop::consume_budget().await;
    }
}

enum Ended {
    As(State, Option<String>),
    Again(Duration),
}

async fn run(app: &Arc<Inner>, job: &mut Job) -> Ended {
    if job.expires.is_some_and(|expires| expires <= app.env.now()) {
        return Ended::As(State::Expired, None);
    }
    job.tried += 1;
    let follower = job.follower.clone();
    let work = match &mut job.work {
        Work::Message(work) => work,
        Work::Events(events) => {
            // Each delivery has a deadline of its own.
            let failed = tell(&follower.begin(app.clone(), None), std::mem::take(events)).await;
            return Ended::As(if failed.is_some() { State::Failed } else { State::Done }, failed);
        }
    };
    let deadline = app.message_deadline();
    let cx = follower.begin(app.clone(), deadline);
    let last = job.tried > job.retries;
    // What the user wrote begins inside: a message may panic when it is copied.
    let info = job.info;
    let name = std::fmt::from_fn(|f| f.write_str(&info.full_name()));
    let work = until(&app.env, deadline, name, async { work(cx, last).await });
    let Err(error) = isolated(job.info.name, work).await else { return Ended::As(State::Done, None) };
    let (trace_id, name) = (job.follower.trace_id, job.info.full_name());
    if job.tried > job.retries || !may_pass(&error) {
        tracing::error!(target: "partitura", %trace_id, job = name, tried = job.tried, error = ?error, "a job failed");
        return Ended::As(State::Failed, Some(error.message().to_owned()));
    }
    tracing::info!(
        target: "partitura", %trace_id, job = name, tried = job.tried, error = ?error, "failed, will be tried again"
    );
    job.error = Some(error.message().to_owned());
    if let Some(record) = &job.follower.origin.record {
        record.job_retried(job, app.env.now(), &error);
    }
    let wait = backoff(job.backoff, job.tried, app.env.random_u64());
    Ended::Again(error.retry_after().map_or(wait, |asked| asked.max(wait)))
}

fn wait_for_retry(app: &Arc<Inner>, job: Box<Job>, wait: Duration) {
    let due = app.env.now().checked_add(wait);
    if let (Some(due), Some(expires)) = (due, job.expires)
        && expires <= due
    {
        app.queue.end(app, job, State::Expired, None);
        return;
    }
    app.queue.wait_until(app, due, job);
}

/// Starts what is due when its time has come.
pub(crate) fn wake_at(app: &Arc<Inner>, due: Option<Instant>) {
    let Some(due) = due else { return };
    let weak = Arc::downgrade(app);
    let sleep = app.env.sleep_until(due);
    drop(app.env.spawn(async move {
        sleep.await;
        if let Some(app) = weak.upgrade() {
            app.queue.due(&app, due);
        }
    }));
}

/// Why nothing more fits.
#[cold]
pub(crate) fn full(capacity: usize) -> Error {
    Error::new(
        crate::error::Kind::TooMany,
        format!("the queue holds {capacity} jobs, as many as `queue.capacity` allows"),
    )
    .with_code("PT0314")
    .with_retry_after(Duration::from_secs(1))
}

/// Why nothing enters any more.
#[cold]
pub(crate) fn stopped() -> Error {
    Error::unavailable("the application has stopped").with_code("PT0308")
}
