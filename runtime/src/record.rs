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
        write!(f, "{:>9} {indent}", format_args!("{:.1?}", self.at).to_string())?;
        match &self.what {
            What::Sent => write!(f, "sent {}", self.name)?,
            What::Emitted => write!(f, "emitted {}", self.name)?,
            What::Told { subscriber } => write!(f, "told {subscriber} of {}", self.name)?,
            What::Spawned => write!(f, "spawned {}", self.name)?,
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
    ) -> usize {
        let at = cx.env().now().saturating_duration_since(self.began);
        let step = Step {
            what,
            name: info.full_name(),
            cause: cause.map(MessageInfo::full_name),
            depth: cx.depth(),
            at,
            failure: None,
            content,
        };
        self.push(step)
    }

    fn push(&self, step: Step) -> usize {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if steps.len() < LIMIT {
            steps.push(step);
        }
        steps.len() - 1
    }

    fn fail(&self, index: usize, error: &Error) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(step) = steps.get_mut(index) {
            step.failure = Some(error.into());
        }
    }

    /// `own` is the context of the message.
    pub(crate) fn sent<M: Message>(self: &Arc<Self>, own: &Context, message: &M) -> Sent {
        let content = M::CLONE.map(|clone| Arc::new(clone(message)) as _);
        let index = self.note(own, What::Sent, M::INFO, own.cause(), content);
        Sent { record: self.clone(), index }
    }

    pub(crate) fn emitted(&self, cx: &Context, event: &AnyEvent) {
        self.note(cx, What::Emitted, event.info(), cx.message(), Some(event.content()));
    }

    pub(crate) fn told(&self, cx: &Context, event: &AnyEvent, subscriber: &str, error: Option<&Error>) {
        let what = What::Told { subscriber: subscriber.to_owned() };
        let index = self.note(cx, what, event.info(), cx.message(), Some(event.content()));
        if let Some(error) = error {
            self.fail(index, error);
        }
    }

    pub(crate) fn spawned<M: Message>(&self, cx: &Context, content: Option<Arc<dyn Any + Send + Sync>>) {
        self.note(cx, What::Spawned, M::INFO, cx.message(), content);
    }

    pub(crate) fn retried(&self, own: &Context, tried: u32, error: &Error) {
        let Some(info) = own.message() else { return };
        let index = self.note(own, What::Retried { tried }, info, own.cause(), None);
        self.fail(index, error);
    }

    pub(crate) fn job_retried(&self, name: String, tried: u32, now: Instant, error: &Error) {
        let at = now.saturating_duration_since(self.began);
        let (what, failure) = (What::Retried { tried }, Some(error.into()));
        self.push(Step { what, name, cause: None, depth: 0, at, failure, content: None });
    }
}

/// A message that was sent, until it is answered.
pub(crate) struct Sent {
    record: Arc<Record>,
    index: usize,
}

impl Sent {
    pub(crate) fn end(self, error: Option<&Error>) {
        if let Some(error) = error {
            self.record.fail(self.index, error);
        }
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

    /// The messages of type `M` that reached the way to their handler, in order, the tracked one included.
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

    /// How many messages of type `M` were sent, emitted or spawned.
    pub fn count<M: Message>(&self) -> usize {
        let name = M::INFO.full_name();
        let counts = |what: &What| matches!(what, What::Sent | What::Emitted | What::Spawned);
        // A spawned message is also sent when its turn comes.
        let spawned = self.0.iter().filter(|step| step.name == name && step.what == What::Spawned).count();
        let all = self.0.iter().filter(|step| step.name == name && counts(&step.what)).count();
        if spawned > 0 { all - spawned.min(all - spawned) } else { all }
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
