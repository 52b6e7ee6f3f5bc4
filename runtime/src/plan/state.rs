//! What a run of a plan holds while it runs, and what a step sees of it.

use std::any::{Any, TypeId};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use super::report::Ledger;
use super::{Plan, Source};
use crate::app::inner::{Counted, Inner};
use crate::context::Context;
use crate::error::{Error, Result};

/// What a step gave.
pub type Output = Arc<dyn Any + Send + Sync>;

/// One run.
pub(crate) struct Run {
    pub(crate) plan: Plan,
    pub(crate) app: Arc<Inner>,
    /// For steps that do not take it, and so emit nothing.
    pub(crate) cx: Arc<Context>,
    pub(crate) id: String,
    pub(crate) parent: Option<String>,
    pub(crate) began: Instant,
    pub(crate) began_at: SystemTime,
    input: Mutex<Option<Output>>,
    outputs: Vec<Mutex<Option<Output>>>,
    ledger: Mutex<Ledger>,
    /// A stopping application waits for it, also while it is undone.
    counted: Mutex<Option<Counted>>,
}

impl Run {
    pub(crate) fn new(plan: &Plan, cx: &Context, input: Output) -> Arc<Run> {
        let app = cx.app().clone();
        let steps = plan.steps().len();
        Arc::new(Run {
            plan: plan.clone(),
            cx: Arc::new(cx.attempt()),
            id: cx.id().to_string(),
            parent: (cx.depth() > 1).then(|| cx.parent_id().to_string()),
            began: app.env.now(),
            began_at: app.env.wall_clock(),
            input: Mutex::new(Some(input)),
            outputs: (0..steps).map(|_| Mutex::default()).collect(),
            ledger: Mutex::new(Ledger::new(steps)),
            counted: Mutex::new(Some(Counted::new(app.clone()))),
            app,
        })
    }

    /// No code of a user's runs under the lock.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn put(&self, step: usize, output: Output) {
        *self.slot(step) = Some(output);
    }

    fn given(&self) -> MutexGuard<'_, Option<Output>> {
        self.input.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(&self, step: usize) -> MutexGuard<'_, Option<Output>> {
        self.outputs[step].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a step must have is not there: the step that would have given it was skipped, or failed.
    pub(crate) fn lacks(&self, step: usize) -> Option<String> {
        let model = self.plan.model();
        let takes = model.steps[step].takes.iter().filter(|take| take.how != super::step::How::Maybe);
        takes.into_iter().find_map(|take| match model.sources.get(&take.of) {
            Some(Source::Step(from)) if self.slot(*from as usize).is_none() => {
                Some(format!("`{}` gave no `{}`", model.steps[*from as usize].name, take.name))
            }
            _ => None,
        })
    }

    pub(crate) fn shared<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        let output = match self.plan.model().sources.get(&TypeId::of::<T>())? {
            Source::Input => self.given().clone()?,
            Source::Step(from) => self.slot(*from as usize).clone()?,
        };
        output.downcast().ok()
    }

    pub(crate) fn owned<T: Send + Sync + 'static>(&self) -> Option<T> {
        let output = match self.plan.model().sources.get(&TypeId::of::<T>())? {
            Source::Input => self.given().take()?,
            Source::Step(from) => self.slot(*from as usize).take()?,
        };
        Arc::into_inner(output.downcast().ok()?)
    }

    /// Nothing of it runs any more.
    pub(crate) fn release(&self) {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(counted);
    }
}

/// What a step is given: the context of the plan's message, and what other steps gave.
pub struct Given {
    pub(crate) run: Arc<Run>,
    pub(crate) cx: Arc<Context>,
    pub(crate) step: usize,
    pub(crate) tried: u32,
}

impl Given {
    /// The context of the plan's message; in a compensation one that follows from it.
    pub fn context(&self) -> &Context {
        &self.cx
    }

    /// The name of the step.
    pub fn step(&self) -> &str {
        self.run.plan.steps()[self.step].name()
    }

    /// Which try this is, from 1.
    pub fn tried(&self) -> u32 {
        self.tried
    }

    /// What another step gave, or the plan was given.
    ///
    /// # Errors
    /// Kind internal, code PT0332, when it is not there: no step gives it, this one is not declared to [take](super::Step::takes)
    /// it, or the one that gives it was skipped.
    pub fn get<T: Send + Sync + 'static>(&self) -> Result<Arc<T>> {
        self.run.shared().ok_or_else(|| self.absent::<T>())
    }

    /// As [`Given::get`], unless the step that gives it was skipped or has failed.
    pub fn find<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.run.shared()
    }

    /// What another step gave, by value: nobody else wants it.
    ///
    /// # Errors
    /// As [`Given::get`]; and when somebody still holds it, which cannot be of a step that is declared to
    /// [consume](super::Step::consumes) it.
    pub fn take<T: Send + Sync + 'static>(&self) -> Result<T> {
        self.run.owned().ok_or_else(|| self.absent::<T>())
    }

    #[cold]
    fn absent<T>(&self) -> Error {
        let text = format!(
            "the step `{}` of the plan `{}` wants a `{}`, which is not there",
            self.step(),
            self.run.plan.name(),
            std::any::type_name::<T>()
        );
        Error::internal(text).with_code("PT0332")
    }
}
