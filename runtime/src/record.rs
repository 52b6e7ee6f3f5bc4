//! What followed from a message: every send, event, job, retry and failure, in order. For tests, which wait until all of
//! it has settled: by causality, not by sleeping.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::context::Context;
use crate::error::{Error, Kind};
use crate::event::AnyEvent;
use crate::message::{Event, Message, MessageInfo};
use crate::queue::Job;

/// What is recorded of one thing that happened.
#[derive(Clone)]
#[non_exhaustive]
pub struct Step {
    /// What it was.
    pub what: What,
    /// The full name of the message.
    pub name: String,
    /// The full name of the message that it follows from.
    pub cause: Option<String>,
    /// How deep it is nested in others of its flow.
    pub depth: u32,
    /// When, counted from the beginning of the record.
    pub at: Duration,
    /// How it failed, if it did: kind, code and text.
    pub failure: Option<Failed>,
    content: Option<Arc<dyn Any + Send + Sync>>,
    /// It is what was spawned before, on its way to its handler.
    of_job: bool,
}

/// What a [`Step`] was.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// A command or query went to its handler.
    Sent,
    /// An event left.
    Emitted,
    /// A subscriber took an event.
    Told {
        /// `module.fn`.
        subscriber: String,
    },
    /// A message was put into the queue.
    Spawned,
    /// A job did not begin in time, or the application stopped before.
    Expired,
    /// A handler or a job failed and is tried again.
    Retried {
        /// How often it had been tried.
        tried: u32,
    },
}

/// How something failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The kind of the error.
    pub kind: Kind,
    /// Its code.
    pub code: String,
    /// Its text.
    pub message: String,
}

impl From<&Error> for Failed {
    fn from(error: &Error) -> Self {
        Failed { kind: error.kind(), code: error.code().to_owned(), message: error.message().to_owned() }
    }
}

impl Step {
    /// The message, if it is an `M` and could be kept: an event, or a command or query that is `Clone`.
    pub fn message<M: Message>(&self) -> Option<Arc<M>> {
        self.content.clone()?.downcast().ok()
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indent = "  ".repeat(self.depth.saturating_sub(1) as usize);
        let at = if self.at.is_zero() { "0s".to_owned() } else { format!("{:.1?}", self.at) };
        write!(f, "{at:>9} {indent}")?;
        match &self.what {
            What::Sent => write!(f, "sent {}", self.name)?,
            What::Emitted => write!(f, "emitted {}", self.name)?,
            What::Told { subscriber } => write!(f, "told {subscriber} of {}", self.name)?,
            What::Spawned => write!(f, "spawned {}", self.name)?,
            What::Expired => write!(f, "expired {}", self.name)?,
            What::Retried { tried } => write!(f, "retrying {} after try {tried}", self.name)?,
        }
        if let Some(cause) = &self.cause {
            write!(f, " (from {cause})")?;
        }
        match &self.failure {
            Some(failed) => write!(f, ": {} [{}] {}", failed.kind, failed.code, failed.message),
            None => Ok(()),
        }
    }
}

/// Where the flows of one tracked call write.
pub(crate) struct Record {
    steps: Mutex<Vec<Step>>,
    open: AtomicUsize,
    settled: Notify,
    began: Instant,
}

/// How many steps one record keeps: a loop that never ends must not take all memory.
const LIMIT: usize = 1_000_000;

impl Record {
    pub(crate) fn new(began: Instant) -> Arc<Self> {
        Arc::new(Record { steps: Mutex::default(), open: AtomicUsize::new(0), settled: Notify::new(), began })
    }

    /// Counts as open work until it is dropped.
    pub(crate) fn open(self: &Arc<Self>) -> Open {
        self.open.fetch_add(1, Ordering::SeqCst);
        Open(self.clone())
    }

    /// Waits until no work is open.
    pub(crate) async fn settled(&self) {
        loop {
            let settled = self.settled.notified();
            tokio::pin!(settled);
            settled.as_mut().enable();
            if self.open.load(Ordering::SeqCst) == 0 {
                return;
            }
            settled.await;
        }
    }

    pub(crate) fn steps(&self) -> Vec<Step> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(
        &self,
        cx: &Context,
        what: What,
        info: &MessageInfo,
        cause: Option<&MessageInfo>,
        content: Option<Arc<dyn Any + Send + Sync>>,
    ) -> Option<usize> {
        let what_is_sent = what == What::Sent;
        let at = cx.env().now().saturating_duration_since(self.began);
        let step = Step {
            what,
            name: info.full_name(),
            cause: cause.map(MessageInfo::full_name),
            depth: cx.depth(),
            at,
            failure: None,
            content,
            of_job: what_is_sent && cx.is_of_job(),
        };
        self.push(step)
    }

    fn push(&self, step: Step) -> Option<usize> {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if steps.len() >= LIMIT {
            return None;
        }
        steps.push(step);
        Some(steps.len() - 1)
    }

    fn fail(&self, index: Option<usize>, failure: Failed) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(step) = index.and_then(|index| steps.get_mut(index)) {
            step.failure = Some(failure);
        }
    }

    /// `own` is the context of the message.
    pub(crate) fn sent<M: Message>(self: &Arc<Self>, own: &Context, message: &M) -> Noted {
        let content = M::CLONE.map(|clone| Arc::new(clone(message)) as _);
        let index = self.note(own, What::Sent, M::INFO, own.cause(), content);
        Noted { record: self.clone(), index, ended: false }
    }

    pub(crate) fn emitted(&self, cx: &Context, event: &AnyEvent) {
        self.note(cx, What::Emitted, event.info(), cx.message(), Some(event.content()));
    }

    pub(crate) fn told(self: &Arc<Self>, cx: &Context, event: &AnyEvent, subscriber: &dyn fmt::Display) -> Noted {
        let what = What::Told { subscriber: subscriber.to_string() };
        let index = self.note(cx, what, event.info(), cx.message(), Some(event.content()));
        Noted { record: self.clone(), index, ended: false }
    }

    pub(crate) fn spawned<M: Message>(&self, cx: &Context, content: Option<Arc<dyn Any + Send + Sync>>) {
        self.note(cx, What::Spawned, M::INFO, cx.message(), content);
    }

    pub(crate) fn retried(&self, own: &Context, tried: u32, error: &Error) {
        let Some(info) = own.message() else { return };
        let index = self.note(own, What::Retried { tried }, info, own.cause(), None);
        self.fail(index, error.into());
    }

    pub(crate) fn job_retried(&self, job: &Job, now: Instant, error: &Error) {
        self.of_job(What::Retried { tried: job.tried }, job, now, error.into());
    }

    pub(crate) fn job_expired(&self, job: &Job, now: Instant, why: &str) {
        let failure =
            Failed { kind: Kind::Cancelled, code: Kind::Cancelled.name().to_owned(), message: why.to_owned() };
        self.of_job(What::Expired, job, now, failure);
    }

    fn of_job(&self, what: What, job: &Job, now: Instant, failure: Failed) {
        let at = now.saturating_duration_since(self.began);
        let cause = job.follower.cause().map(MessageInfo::full_name);
        let (name, failure) = (job.info.full_name(), Some(failure));
        self.push(Step { what, name, cause, depth: 0, at, failure, content: None, of_job: true });
    }
}

/// A message that was sent, or a subscriber that is told, until it has answered.
pub(crate) struct Noted {
    record: Arc<Record>,
    index: Option<usize>,
    ended: bool,
}

impl Noted {
    pub(crate) fn end(mut self, error: Option<&Error>) {
        self.ended = true;
        if let Some(error) = error {
            self.record.fail(self.index, error.into());
        }
    }
}

/// One that panicked or was cancelled has not answered.
impl Drop for Noted {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let failed =
            |kind: Kind, code: &str, message: &str| Failed { kind, code: code.into(), message: message.into() };
        self.record.fail(
            self.index,
            match std::thread::panicking() {
                true => failed(Kind::Internal, "PT0305", "it panicked"),
                false => failed(Kind::Cancelled, Kind::Cancelled.name(), "it was cancelled"),
            },
        );
    }
}

/// Open work of a record.
pub(crate) struct Open(Arc<Record>);

impl Drop for Open {
    fn drop(&mut self) {
        if self.0.open.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.settled.notify_waiters();
        }
    }
}

/// Everything that followed from a message that was tracked, in the order in which it happened.
pub struct Steps(pub(crate) Vec<Step>);

impl Steps {
    /// All of it.
    pub fn all(&self) -> &[Step] {
        &self.0
    }

    /// The events of type `E` that left, in order.
    pub fn emitted<E: Event>(&self) -> Vec<Arc<E>> {
        let steps = self.0.iter().filter(|step| step.what == What::Emitted);
        steps.filter_map(Step::message).collect()
    }

    /// The messages of type `M` that reached the way to their handler, in order, the tracked one included; a spawned one with
    /// each try.
    ///
    /// # Panics
    /// If one was sent that is not `Clone`, so that there is no copy: [`Steps::count`] counts it.
    #[track_caller]
    pub fn sent<M: Message>(&self) -> Vec<Arc<M>> {
        let name = M::INFO.full_name();
        let steps = self.0.iter().filter(|step| step.what == What::Sent && step.name == name);
        steps
            .map(|step| {
                step.message().unwrap_or_else(|| {
                    panic!("`{name}` was sent and could not be kept: derive `Clone` on it, or ask `count`")
                })
            })
            .collect()
    }

    /// How many messages of type `M` were sent, emitted or spawned. One that was spawned counts once, however often its job
    /// was tried.
    pub fn count<M: Message>(&self) -> usize {
        let name = M::INFO.full_name();
        let counts = |step: &&Step| !step.of_job && matches!(step.what, What::Sent | What::Emitted | What::Spawned);
        self.0.iter().filter(counts).filter(|step| step.name == name).count()
    }

    /// Everything that failed, also what was tried again and went well.
    pub fn failed(&self) -> Vec<&Step> {
        self.0.iter().filter(|step| step.failure.is_some()).collect()
    }

    /// Everything that was tried again.
    pub fn retried(&self) -> Vec<&Step> {
        self.0.iter().filter(|step| matches!(step.what, What::Retried { .. })).collect()
    }
}

impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| writeln!(f, "{step}"))
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\n")?;
        fmt::Display::fmt(self, f)
    }
}
