//! Which jobs there are, and how each stands. One lock, held for a few steps at a time and never across a user's code.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use serde::Serialize;
use tokio::sync::Notify;

use super::{Job, Priority, QueueConfig, Worker, full, stopped, wake_at, work};
use crate::app::inner::Inner;
use crate::error::Result;
use crate::message::{MessageInfo, MessageKind};
use crate::telemetry::trace::TraceId;

/// The number of a job within its application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct JobId(u64);

impl std::fmt::Display for JobId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "job {}", self.0)
    }
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It waits: for its turn, for its time, or for a retry.
    Pending,
    /// It runs.
    InFlight,
    /// It ended well.
    Done,
    /// It failed, and is not tried again.
    Failed,
    /// It could not begin in time, or the application stopped before.
    Expired,
}

impl State {
    /// True for a job that has ended.
    pub fn is_final(self) -> bool {
        matches!(self, State::Done | State::Failed | State::Expired)
    }
}

/// What is known of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct JobStatus {
    /// Its number.
    pub id: JobId,
    /// The full name of the message; of the first one for a job that delivers the events of a message.
    pub name: String,
    /// Command, query or event.
    pub kind: MessageKind,
    /// The trace that it belongs to.
    pub trace_id: TraceId,
    /// The message that it follows from.
    pub cause: Option<String>,
    /// How it stands.
    pub state: State,
    /// How often it has begun.
    pub tried: u32,
    /// What it failed with last. For operators: a caller must not see it.
    pub error: Option<String>,
    /// Its priority.
    pub priority: Priority,
    /// When it entered.
    pub entered: SystemTime,
    /// When it began last.
    pub began: Option<SystemTime>,
    /// When it ended.
    pub ended: Option<SystemTime>,
}

/// A job's status before anybody asks for it.
struct Entry {
    info: &'static MessageInfo,
    trace_id: TraceId,
    cause: Option<&'static MessageInfo>,
    state: State,
    tried: u32,
    error: Option<String>,
    priority: Priority,
    entered: SystemTime,
    began: Option<SystemTime>,
    ended: Option<SystemTime>,
}

impl Entry {
    fn status(&self, id: u64) -> JobStatus {
        JobStatus {
            id: JobId(id),
            name: self.info.full_name(),
            kind: self.info.kind,
            trace_id: self.trace_id,
            cause: self.cause.map(MessageInfo::full_name),
            state: self.state,
            tried: self.tried,
            error: self.error.clone(),
            priority: self.priority,
            entered: self.entered,
            began: self.began,
            ended: self.ended,
        }
    }
}

/// When a job's time comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    At(Instant),
    /// At a time that no clock reaches. After all others.
    Never,
}

impl From<Option<Instant>> for Due {
    fn from(due: Option<Instant>) -> Self {
        due.map_or(Due::Never, Due::At)
    }
}

/// The queue of one application.
pub(crate) struct Queue {
    config: QueueConfig,
    jobs: Mutex<Table>,
    /// Woken when a job has ended.
    ended: Notify,
}

#[derive(Default)]
struct Table {
    /// Highest priority first, then by number.
    pending: BTreeMap<(Reverse<Priority>, u64), Box<Job>>,
    /// By the time at which they become pending.
    waiting: BTreeMap<(Due, u64), Box<Job>>,
    live: HashMap<u64, Entry>,
    history: VecDeque<(u64, Entry)>,
    /// Live ones, and places that are reserved.
    places: usize,
    workers: usize,
    next: u64,
    /// By when the application will have stopped, once it stops.
    stops: Option<Due>,
    closed: bool,
}

impl Table {
    /// Adds a job that may run. True if a worker is to be started for it.
    ///
    /// A worker stays until nothing is pending, so that one for each job, as long as there is room, leaves none behind.
    fn pend(&mut self, job: Box<Job>, config: &QueueConfig) -> bool {
        self.pending.insert((Reverse(job.priority), job.id), job);
        let more = self.workers < config.workers.max(1);
        self.workers += usize::from(more);
        more
    }

    /// Whether what is due then does not run any more.
    fn is_late(&self, due: Due) -> bool {
        self.closed || self.stops.is_some_and(|end| due == Due::Never || due > end)
    }
}

const STOPPED: &str = "the application stopped before its time came";

impl Queue {
    pub(crate) fn new(config: QueueConfig) -> Self {
        Queue { config, jobs: Mutex::default(), ended: Notify::new() }
    }

    /// Never poisoned in a way that matters: no code of others runs under the lock.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn reserve(&self, app: &Arc<Inner>) -> Result<Place> {
        let mut table = self.table();
        if table.closed {
            return Err(stopped());
        }
        if table.places >= self.config.capacity {
            return Err(full(self.config.capacity));
        }
        table.places += 1;
        Ok(Place { app: app.clone(), used: false })
    }

    /// The place has been reserved, and stays so if the job comes back.
    fn enter(&self, app: &Arc<Inner>, mut job: Box<Job>) -> Result<JobId, Box<Job>> {
        let entered = app.env.wall_clock();
        let entry = Entry {
            info: job.info,
            trace_id: job.follower.trace_id,
            cause: job.follower.cause(),
            state: State::Pending,
            tried: 0,
            error: None,
            priority: job.priority,
            entered,
            began: None,
            ended: None,
        };
        let mut table = self.table();
        if table.closed {
            return Err(job);
        }
        table.next += 1;
        let id = table.next;
        job.id = id;
        table.live.insert(id, entry);
        if job.is_due {
            let more = table.pend(job, &self.config);
            drop(table);
            start_workers(app, usize::from(more));
        } else {
            drop(table);
            self.wait_until(app, job.due, job);
        }
        Ok(JobId(id))
    }

    /// The next job for a worker. With `None` the worker is gone.
    pub(super) fn take(&self, began: SystemTime) -> Option<Box<Job>> {
        let mut table = self.table();
        let Some((_, job)) = table.pending.pop_first() else {
            table.workers -= 1;
            return None;
        };
        if let Some(entry) = table.live.get_mut(&job.id) {
            entry.state = State::InFlight;
            entry.tried = job.tried + 1;
            entry.began = Some(began);
        }
        Some(job)
    }

    /// A worker is gone that has not been told so.
    pub(super) fn lose_worker(&self) {
        self.table().workers -= 1;
    }

    /// Lets a job wait for its time.
    pub(super) fn wait_until(&self, app: &Arc<Inner>, due: Option<Instant>, job: Box<Job>) {
        let mut table = self.table();
        if table.is_late(due.into()) {
            drop(table);
            return self.end(app, job, State::Expired, Some(STOPPED.to_owned()));
        }
        if let Some(entry) = table.live.get_mut(&job.id) {
            entry.state = State::Pending;
            entry.error.clone_from(&job.error);
        }
        table.waiting.insert((due.into(), job.id), job);
        drop(table);
        wake_at(app, due);
    }

    /// Moves what is due to those who are pending.
    pub(super) fn due(&self, app: &Arc<Inner>, now: Instant) {
        let mut more = 0;
        let mut table = self.table();
        while let Some(first) = table.waiting.first_entry()
            && first.key().0 <= Due::At(now)
        {
            let job = first.remove();
            more += usize::from(table.pend(job, &self.config));
        }
        drop(table);
        start_workers(app, more);
    }

    pub(super) fn end(&self, app: &Inner, job: Box<Job>, state: State, error: Option<String>) {
        if state == State::Expired {
            let why = error.as_deref().unwrap_or("it could not begin in time");
            tracing::warn!(
                target: "partitura",
                trace_id = %job.follower.trace_id, job = job.info.full_name(), tried = job.tried, why, "expired"
            );
            if let Some(record) = &job.follower.origin.record {
                record.job_expired(&job, app.env.now(), why);
            }
        }
        let ended = app.env.wall_clock();
        let (id, tried) = (job.id, job.tried);
        let error = match (&job.error, error) {
            (Some(last), Some(error)) if state == State::Expired => Some(format!("{error}; it had failed: {last}")),
            (last, error) => error.or_else(|| last.clone()),
        };
        // Before it is seen to have ended, and without the lock: a message may do anything when it is dropped.
        if catch_unwind(AssertUnwindSafe(|| drop(job))).is_err() {
            tracing::error!(target: "partitura", "a message panicked when it was dropped");
        }
        let forgotten = {
            let mut table = self.table();
            table.places -= 1;
            let Some(mut entry) = table.live.remove(&id) else { return };
            (entry.state, entry.tried, entry.error, entry.ended) = (state, tried, error, Some(ended));
            table.history.push_back((id, entry));
            (table.history.len() > self.config.history).then(|| table.history.pop_front())
        };
        drop(forgotten);
        self.ended.notify_waiters();
    }

    pub(super) fn get(&self, id: JobId) -> Option<JobStatus> {
        let table = self.table();
        let past = || table.history.iter().rev().find(|(other, _)| *other == id.0).map(|(_, entry)| entry);
        table.live.get(&id.0).or_else(past).map(|entry| entry.status(id.0))
    }

    pub(super) fn live(&self) -> Vec<JobStatus> {
        let mut live: Vec<_> = self.table().live.iter().map(|(id, entry)| entry.status(*id)).collect();
        live.sort_by_key(|status| status.id);
        live
    }

    pub(super) fn history(&self) -> Vec<JobStatus> {
        self.table().history.iter().map(|(id, entry)| entry.status(*id)).collect()
    }

    pub(super) async fn wait(&self, id: JobId) -> Option<JobStatus> {
        self.until(|| match self.get(id) {
            Some(status) if !status.state.is_final() => None,
            status => Some(status),
        })
        .await
    }

    pub(crate) async fn idle(&self) {
        self.until(|| self.table().live.is_empty().then_some(())).await;
    }

    /// Asks again after each end of a job.
    async fn until<T>(&self, mut ready: impl FnMut() -> Option<T>) -> T {
        loop {
            let ended = self.ended.notified();
            tokio::pin!(ended);
            // Registered before the question, or the last end could come in between.
            ended.as_mut().enable();
            if let Some(answer) = ready() {
                return answer;
            }
            ended.await;
        }
    }

    /// The application stops: ends at once what would not begin before `end`, and what would later be.
    pub(crate) fn forgo(&self, app: &Inner, end: Option<Instant>) {
        let late: Vec<Box<Job>> = {
            let mut table = self.table();
            table.stops = Some(end.into());
            let late: Vec<_> = table.waiting.keys().filter(|(due, _)| table.is_late(*due)).copied().collect();
            late.iter().filter_map(|key| table.waiting.remove(key)).collect()
        };
        for job in late {
            self.end(app, job, State::Expired, Some(STOPPED.to_owned()));
        }
    }

    /// Lets nothing begin any more. What was left, by name.
    pub(crate) fn close(&self, app: &Inner) -> Vec<String> {
        let mut table = self.table();
        table.closed = true;
        let mut left: Vec<_> = table.live.iter().map(|(id, entry)| (*id, entry.info)).collect();
        let (pending, waiting) = (std::mem::take(&mut table.pending), std::mem::take(&mut table.waiting));
        drop(table);
        for job in pending.into_values().chain(waiting.into_values()) {
            self.end(app, job, State::Expired, Some(STOPPED.to_owned()));
        }
        left.sort_by_key(|(id, _)| *id);
        left.into_iter().map(|(_, info)| info.full_name()).collect()
    }
}

fn start_workers(app: &Arc<Inner>, count: usize) {
    for _ in 0..count {
        drop(app.env.spawn(work(Worker::new(app.clone()))));
    }
}

/// A place in the queue. Given back when it is dropped unused.
pub(crate) struct Place {
    app: Arc<Inner>,
    used: bool,
}

impl Place {
    /// Puts the job in. It comes back when the queue has been closed meanwhile.
    pub(crate) fn enter(mut self, job: Box<Job>) -> Result<JobId, Box<Job>> {
        let entered = self.app.queue.enter(&self.app, job);
        self.used = entered.is_ok();
        entered
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.used {
            self.app.queue.table().places -= 1;
        }
    }
}
