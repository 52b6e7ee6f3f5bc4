//! What an application is made of while it runs.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use tokio::sync::Notify;

use super::Blueprint;
use super::registry::Registry;
use crate::behavior::{self, BehaviorsConfig, Caches};
use crate::config::{Config, Values};
use crate::container::build::MakeOwned;
use crate::container::cells::Cells;
use crate::container::provider::{Disposal, Provider};
use crate::env::Env;
use crate::error::{Error, Result};
use crate::event::Listeners;
use crate::module::Module;
use crate::overrides::Overrides;
use crate::plan::Hub;
use crate::queue::Queue;
use crate::session::SessionStore;

pub(crate) struct Inner {
    /// First, since every dependency of every message goes through it.
    pub(crate) cells: Cells,
    pub(crate) env: Env,
    pub(crate) blueprint: &'static Blueprint,
    pub(crate) registry: Registry,
    pub(crate) config: Config,
    pub(crate) scoped: Vec<&'static Provider>,
    pub(crate) transient: Vec<&'static Provider>,
    pub(crate) replaced_transient: HashMap<usize, MakeOwned>,
    /// In order of construction.
    pub(crate) disposals: Mutex<Vec<(&'static str, Disposal)>>,
    /// Nanoseconds that an outermost message may take that says nothing itself; 0 for as long as it wants.
    pub(crate) message_timeout: AtomicU64,
    /// What the configuration says of messages; none, if it says nothing.
    pub(crate) overrides: ArcSwapOption<Overrides>,
    /// Whether it says something: most say nothing, and a pointer that may be exchanged costs more to look at than a flag.
    pub(crate) overridden: AtomicBool,
    /// The modules that the configuration switches off.
    pub(crate) off: Vec<&'static Module>,
    /// Sections that nobody reads, since what needs them is replaced.
    pub(crate) unread: Vec<&'static str>,
    /// What of the configuration is in force, if that is not all that it was built with. Held by whoever reloads it.
    pub(crate) in_force: Mutex<Option<Values>>,
    /// How long a stopping application waits for what runs.
    pub(crate) stop_timeout: Duration,
    pub(crate) running: Running,
    /// See [`Inner::next_seed`].
    pub(crate) seeds: AtomicU64,
    /// What goes around every message.
    pub(crate) around: behavior::Application,
    pub(crate) behaviors_config: BehaviorsConfig,
    pub(crate) caches: Caches,
    pub(crate) queue: Queue,
    pub(crate) plans: Hub,
    pub(crate) listeners: Listeners,
    pub(crate) sessions: Arc<dyn SessionStore>,
    /// How many values of a key a session remembers.
    pub(crate) session_history: usize,
    /// What it was built on, for callers on threads that are not.
    pub(crate) runtime: Option<tokio::runtime::Handle>,
}

/// How many outermost messages run, and whether more may start.
#[derive(Default)]
pub(crate) struct Running {
    count: AtomicUsize,
    closed: AtomicBool,
    idle: Notify,
    /// How many wait for [`Running::idle`]: mostly nobody does, and to notify nobody takes a lock.
    waiting: AtomicUsize,
    /// Whether what still runs was left behind.
    left: AtomicBool,
    leaving: Notify,
    /// Whether everything has been disposed of.
    stopped: AtomicBool,
    stop: Notify,
}

impl Inner {
    /// A number for one flow: by the golden section from the one before, and the first of them is random.
    pub(crate) fn next_seed(&self) -> u64 {
        self.seeds.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)
    }

    /// By when a message that begins now must have ended, if it says nothing itself.
    pub(crate) fn message_deadline(&self) -> Option<Instant> {
        self.message_timeout().and_then(|limit| self.env.now().checked_add(limit))
    }

    /// `None` for as long as it wants.
    pub(crate) fn message_timeout(&self) -> Option<Duration> {
        match self.message_timeout.load(Ordering::Relaxed) {
            0 => None,
            limit => Some(Duration::from_nanos(limit)),
        }
    }

    /// From now on.
    pub(crate) fn set_message_timeout(&self, limit: Duration) {
        self.message_timeout.store(nanoseconds(limit), Ordering::Relaxed);
    }

    /// What the configuration says of messages that begin now.
    pub(crate) fn overrides(&self) -> Option<Arc<Overrides>> {
        if self.overridden.load(Ordering::Acquire) { self.overrides.load_full() } else { None }
    }

    pub(crate) fn set_overrides(&self, overrides: Option<Arc<Overrides>>) {
        let any = overrides.is_some();
        self.overrides.store(overrides);
        self.overridden.store(any, Ordering::Release);
    }
}

pub(crate) fn nanoseconds(limit: Duration) -> u64 {
    u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX)
}

impl Running {
    /// Counts a message, until the guard is dropped. `None` when the application is stopping.
    pub(crate) fn enter(&self) -> Option<RunningGuard<'_>> {
        self.count.fetch_add(1, Ordering::SeqCst);
        let guard = RunningGuard(self);
        (!self.closed.load(Ordering::SeqCst)).then_some(guard)
    }

    /// Lets no more start. False if it was closed before.
    pub(crate) fn close(&self) -> bool {
        !self.closed.swap(true, Ordering::SeqCst)
    }

    /// Waits until everything has been disposed of.
    pub(crate) async fn stopped(&self) {
        loop {
            let mut stop = pin!(self.stop.notified());
            // Registered before the flag is read, or it could be set in between.
            stop.as_mut().enable();
            if self.stopped.load(Ordering::SeqCst) {
                return;
            }
            stop.await;
        }
    }

    pub(crate) fn set_stopped(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.stop.notify_waiters();
    }

    /// Ends the streams that are still open.
    pub(crate) fn leave_behind(&self) {
        self.left.store(true, Ordering::SeqCst);
        self.leaving.notify_waiters();
    }

    /// `work`, unless the application stops without it. Asked only where `work` waits, not where it `has_item`.
    pub(crate) async fn unless_left_behind<T>(
        &self,
        has_item: impl Fn() -> bool,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let (mut leaving, mut work) = (pin!(self.leaving.notified()), pin!(work));
        let stopped = || Error::unavailable("the application has stopped, and with it the stream").with_code("PT0308");
        poll_fn(|cx| {
            if self.left.load(Ordering::SeqCst) {
                return Poll::Ready(Err(stopped()));
            }
            match work.as_mut().poll(cx) {
                Poll::Pending if !has_item() => leaving.as_mut().poll(cx).map(|()| Err(stopped())),
                polled => polled,
            }
        })
        .await
    }

    fn leave(&self) {
        if self.count.fetch_sub(1, Ordering::SeqCst) == 1 && self.waiting.load(Ordering::SeqCst) > 0 {
            self.idle.notify_waiters();
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// Waits until none runs.
    pub(crate) async fn idle(&self) {
        let _waits = Waits::begin(&self.waiting);
        loop {
            let notified = self.idle.notified();
            tokio::pin!(notified);
            // Registered before the count is read, or the last one could leave in between.
            notified.as_mut().enable();
            if self.count() == 0 {
                return;
            }
            notified.await;
        }
    }
}

/// One who waits, until it is dropped.
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn begin(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::SeqCst);
        Waits(waiting)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

pub(crate) struct RunningGuard<'a>(&'a Running);

impl Drop for RunningGuard<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// Something that began in a message that was counted, and is counted itself until it is dropped.
pub(crate) struct Counted(Arc<Inner>);

impl Counted {
    pub(crate) fn new(app: Arc<Inner>) -> Self {
        app.running.count.fetch_add(1, Ordering::SeqCst);
        Counted(app)
    }

    pub(crate) fn running(&self) -> &Running {
        &self.0.running
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.running.leave();
    }
}
