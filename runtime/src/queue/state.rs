//! Which jobs there are, and how each stands. One lock, held for a few steps at a time and never across a user's code.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use serde::Serialize;
use tokio::sync::Notify;

use super::{Job, Priority, QueueConfig, full, wake_at, work};
use crate::app::inner::Inner;
use crate::error::{Error, Result};
use crate::message::MessageKind;
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
    pending: BTreeMap<(Reverse<Priority>, u64), Job>,
    /// By the time at which they become pending; `None` for a time that no clock reaches.
    waiting: BTreeMap<(Option<Instant>, u64), Job>,
    live: HashMap<u64, JobStatus>,
    history: VecDeque<JobStatus>,
    /// Live ones, and places that are reserved.
    places: usize,
    workers: usize,
    next: u64,
    closed: bool,
}

impl Queue {
    pub(crate) fn new(config: QueueConfig) -> Self {
        Queue { config, jobs: Mutex::default(), ended: Notify::new() }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn reserve(&self, app: &Arc<Inner>) -> Result<Place> {
        let mut table = self.table();
        if table.closed {
            return Err(Error::unavailable("the application has stopped").with_code("PT0308"));
        }
        if table.places >= self.config.capacity {
            return Err(full(self.config.capacity));
        }
        table.places += 1;
        Ok(Place { app: app.clone(), used: false })
    }

    fn enter(&self, app: &Arc<Inner>, mut job: Job) -> JobId {
        let (now, entered) = (app.env.now(), app.env.wall_clock());
        let mut table = self.table();
        table.next += 1;
        job.id = table.next;
        let id = JobId(job.id);
        let status = JobStatus {
            id,
            name: job.name.clone(),
            kind: job.info.kind,
            trace_id: job.follower.origin.trace.trace_id,
            cause: job.follower.cause().map(|cause| cause.full_name()),
            state: State::Pending,
            tried: 0,
            error: None,
            priority: job.priority,
            entered,
            began: None,
            ended: None,
        };
        table.live.insert(job.id, status);
        match job.due {
            Some(due) if due <= now => {
                table.pending.insert((Reverse(job.priority), job.id), job);
                drop(table);
                self.start_workers(app);
            }
            due => {
                table.waiting.insert((due, job.id), job);
                drop(table);
                wake_at(app, due);
            }
        }
        id
    }

    /// As many tasks as there are jobs for, and as there may be.
    fn start_workers(&self, app: &Arc<Inner>) {
        let more = {
            let mut table = self.table();
            let room = self.config.workers.max(1).saturating_sub(table.workers);
            let more = room.min(table.pending.len());
            table.workers += more;
            more
        };
        for _ in 0..more {
            drop(app.env.spawn(work(app.clone())));
        }
    }

    /// The next job for a worker. With `None` the worker is gone.
    pub(super) fn take(&self, began: SystemTime) -> Option<Job> {
        let mut table = self.table();
        let next = if table.closed { None } else { table.pending.pop_first() };
        let Some((_, job)) = next else {
            table.workers -= 1;
            return None;
        };
        if let Some(status) = table.live.get_mut(&job.id) {
            status.state = State::InFlight;
            status.tried = job.tried + 1;
            status.began = Some(began);
        }
        Some(job)
    }

    /// Back to those who wait.
    pub(super) fn wait_until(&self, app: &Arc<Inner>, job: Job, due: Option<Instant>) {
        let mut table = self.table();
        if let Some(status) = table.live.get_mut(&job.id) {
            status.state = State::Pending;
            status.error.clone_from(&job.error);
        }
        table.waiting.insert((due, job.id), job);
        drop(table);
        wake_at(app, due);
    }

    /// Moves what is due to those who are pending.
    pub(super) fn due(&self, app: &Arc<Inner>, now: Instant) {
        let mut table = self.table();
        while let Some(entry) = table.waiting.first_entry() {
            match entry.key().0 {
                // Nothing is first, and never due.
                None => break,
                Some(due) if due > now => break,
                Some(_) => {
                    let job = entry.remove();
                    table.pending.insert((Reverse(job.priority), job.id), job);
                }
            }
        }
        drop(table);
        self.start_workers(app);
    }

    pub(super) fn end(&self, job: Job, state: State, error: Option<String>, ended: SystemTime) {
        {
            let mut table = self.table();
            table.places -= 1;
            if let Some(mut status) = table.live.remove(&job.id) {
                status.state = state;
                status.tried = job.tried;
                status.error = error.or_else(|| job.error.clone());
                status.ended = Some(ended);
                table.history.push_back(status);
                while table.history.len() > self.config.history {
                    table.history.pop_front();
                }
            }
        }
        // Without the lock: a message may do anything when it is dropped.
        drop(job);
        self.ended.notify_waiters();
    }

    pub(super) fn get(&self, id: JobId) -> Option<JobStatus> {
        let table = self.table();
        table.live.get(&id.0).or_else(|| table.history.iter().rev().find(|status| status.id == id)).cloned()
    }

    pub(super) fn live(&self) -> Vec<JobStatus> {
        let mut live: Vec<_> = self.table().live.values().cloned().collect();
        live.sort_by_key(|status| status.id);
        live
    }

    pub(super) fn history(&self) -> Vec<JobStatus> {
        self.table().history.iter().cloned().collect()
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

    /// Ends at once what would not begin before `end`, since the application stops.
    pub(crate) fn forgo(&self, end: Option<Instant>, now: SystemTime) {
        let late: Vec<Job> = {
            let mut table = self.table();
            let waiting = std::mem::take(&mut table.waiting);
            let (late, waiting) =
                waiting.into_iter().partition(|((due, _), _)| due.is_none() || (end.is_some() && *due > end));
            table.waiting = waiting;
            let late: BTreeMap<_, Job> = late;
            late.into_values().collect()
        };
        for job in late {
            let stopped = Some("the application stopped before its time came".to_owned());
            tracing::warn!(target: "partitura", job = job.name, "the application stops before its time has come");
            self.end(job, State::Expired, stopped, now);
        }
    }

    /// Lets nothing run any more. What was left, by name.
    pub(crate) fn close(&self) -> Vec<String> {
        let mut table = self.table();
        table.closed = true;
        let mut left: Vec<_> = table.live.values().map(|status| (status.id, status.name.clone())).collect();
        let jobs = (std::mem::take(&mut table.pending), std::mem::take(&mut table.waiting));
        drop(table);
        drop(jobs);
        left.sort();
        left.into_iter().map(|(_, name)| name).collect()
    }
}

/// A place in the queue. Given back when it is dropped unused.
pub(crate) struct Place {
    app: Arc<Inner>,
    used: bool,
}

impl Place {
    /// Puts the job in.
    pub(crate) fn enter(mut self, job: Job) -> JobId {
        self.used = true;
        self.app.queue.enter(&self.app, job)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.used {
            self.app.queue.table().places -= 1;
        }
    }
}
