//! What an application knows of its plans: who watches them, which run, and the reports of those that ran.

use std::collections::{HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::Plan;
use super::code::{On, PlanCode};
use super::report::{Cause, Report, StepState};
use crate::app::inner::Inner;
use crate::env::Panicked;
use crate::error::{Error, Result};

/// How many reports an application keeps.
const HISTORY: usize = 100;

/// What happens in a run, told while it happens.
#[derive(Debug)]
#[non_exhaustive]
pub enum Progress<'p> {
    /// The run began.
    Began {
        /// The plan.
        plan: &'p Plan,
        /// The run's id.
        run: &'p str,
        /// The message within which it runs, if there is one.
        parent: Option<&'p str>,
    },
    /// A step began, or is tried again.
    StepBegan {
        /// The run's id.
        run: &'p str,
        /// The step's name.
        step: &'p str,
        /// Which try it is, from 1.
        tried: u32,
    },
    /// A step ended.
    StepEnded {
        /// The run's id.
        run: &'p str,
        /// The step's name.
        step: &'p str,
        /// What happened.
        state: StepState,
        /// How often it was tried.
        tries: u32,
        /// How long it took.
        took: Duration,
        /// Why it failed.
        cause: Option<&'p Cause>,
    },
    /// A step is undone.
    UndoBegan {
        /// The run's id.
        run: &'p str,
        /// The step's name.
        step: &'p str,
    },
    /// A step was undone, or could not be.
    UndoEnded {
        /// The run's id.
        run: &'p str,
        /// The step's name.
        step: &'p str,
        /// Why it could not be.
        cause: Option<&'p Cause>,
    },
    /// The run ended.
    Ended {
        /// What became of it.
        report: &'p Report,
    },
}

type Listener = dyn Fn(&Progress<'_>) + Send + Sync;

/// What an application holds of its plans.
#[derive(Default)]
pub(crate) struct Hub {
    listeners: Mutex<Vec<Weak<Listener>>>,
    /// How many there are, so that a run that nobody watches takes no lock.
    watched: AtomicUsize,
    reports: Mutex<VecDeque<Arc<Report>>>,
    exclusive: Mutex<HashSet<String>>,
    /// How many runs are undone at the moment.
    undoing: tokio::sync::watch::Sender<usize>,
    /// The plans that run at the stop, once the application has been started.
    pub(crate) at_stop: Mutex<Vec<&'static PlanCode>>,
}

impl Hub {
    pub(super) fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Acquire) > 0
    }

    pub(crate) fn tell(&self, progress: &Progress<'_>) {
        if !self.is_watched() {
            return;
        }
        // Called without the lock: a listener may do anything.
        let listeners: Vec<Arc<Listener>> = lock(&self.listeners).iter().filter_map(Weak::upgrade).collect();
        for listener in listeners {
            // Who only looks on must not end what they look at.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| listener(progress))) {
                let panic = Panicked::from_payload(panic);
                tracing::error!(target: "partitura", panic = panic.message(), "a listener of plans panicked");
            }
        }
    }

    pub(super) fn keep(&self, report: &Arc<Report>) {
        let mut reports = lock(&self.reports);
        if reports.len() == HISTORY {
            reports.pop_front();
        }
        reports.push_back(report.clone());
    }

    /// Waits until nothing is undone any more. Each run bounds that by itself.
    pub(crate) async fn undone(&self) {
        // The sender is here, and does not go.
        let _ = self.undoing.subscribe().wait_for(|undoing| *undoing == 0).await;
    }

    pub(super) fn enter(&self, plan: &Plan) -> Result<()> {
        if plan.is_exclusive() && !lock(&self.exclusive).insert(plan.name().to_owned()) {
            let text = format!("the plan `{}` runs already, and runs once at a time", plan.name());
            return Err(Error::conflict(text).with_code("PT0331"));
        }
        Ok(())
    }

    pub(super) fn leave(&self, plan: &Plan) {
        if plan.is_exclusive() {
            lock(&self.exclusive).remove(plan.name());
        }
    }
}

/// A run that is undone, until it is dropped.
pub(super) struct Undoing(Arc<Inner>);

impl Undoing {
    pub(super) fn new(app: Arc<Inner>) -> Self {
        app.plans.undoing.send_modify(|undoing| *undoing += 1);
        Undoing(app)
    }
}

impl Drop for Undoing {
    fn drop(&mut self) {
        self.0.plans.undoing.send_modify(|undoing| *undoing -= 1);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The plans of an application: [`App::plans`](crate::App::plans).
pub struct Plans(pub(crate) Arc<Inner>);

impl Plans {
    /// The plan called `name`, as an attribute declared it.
    pub fn find(&self, name: &str) -> Option<&'static Plan> {
        self.codes().find(|code| code.name == name).and_then(|code| code.plan().ok())
    }

    pub(crate) fn codes(&self) -> impl Iterator<Item = &'static PlanCode> + '_ {
        self.0.registry.plans().map(|(_, code)| code)
    }

    pub(crate) fn on(&self, on: On) -> Vec<&'static PlanCode> {
        self.codes().filter(|code| code.on == Some(on)).collect()
    }

    /// Tells `listener` what happens in every run, for as long as the [`Watch`] is kept. It is called in the middle of the
    /// plan's work: it should be quick.
    pub fn watch(&self, listener: impl Fn(&Progress<'_>) + Send + Sync + 'static) -> Watch {
        let listener: Arc<Listener> = Arc::new(listener);
        let hub = &self.0.plans;
        let mut listeners = lock(&hub.listeners);
        // What is left of those that are gone is bounded by those that are there.
        listeners.retain(|listener| listener.strong_count() > 0);
        listeners.push(Arc::downgrade(&listener));
        hub.watched.fetch_add(1, Ordering::Release);
        Watch { app: self.0.clone(), _listener: listener }
    }

    /// The reports of the last 100 runs, the last one at the end.
    pub fn reports(&self) -> Vec<Arc<Report>> {
        lock(&self.0.plans.reports).iter().cloned().collect()
    }

    /// The report of the last run of the plan called `name`.
    pub fn last(&self, name: &str) -> Option<Arc<Report>> {
        lock(&self.0.plans.reports).iter().rfind(|report| report.plan == name).cloned()
    }
}

/// A listener of [`Plans::watch`]: dropped, it hears nothing more.
#[must_use = "a listener that is dropped hears nothing"]
pub struct Watch {
    app: Arc<Inner>,
    _listener: Arc<Listener>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.app.plans.watched.fetch_sub(1, Ordering::Release);
    }
}
