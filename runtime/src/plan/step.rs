//! One step of a plan.

use std::any::TypeId;
use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::code::StepCode;
use super::state::{Given, Output};
use crate::container::need::Need;
use crate::error::Result;
use crate::future::BoxFuture;
use crate::wiring::place::Place;

/// What happens to the plan when a step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// Nothing new starts, and what was done is undone, in reverse.
    #[default]
    Compensate,
    /// Nothing new starts, and nothing is undone.
    Halt,
    /// The plan goes on; steps that need what this one would have given are skipped.
    Continue,
}

impl fmt::Display for OnFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OnFailure::Compensate => "compensate",
            OnFailure::Halt => "halt",
            OnFailure::Continue => "continue",
        })
    }
}

type Call<T> = Arc<dyn Fn(Given) -> BoxFuture<'static, Result<T>> + Send + Sync>;

/// Something that a step calls, with what it needs of the container.
#[derive(Clone)]
pub(crate) struct Part<T> {
    pub(crate) call: Call<T>,
    pub(crate) needs: &'static [Need],
}

/// How a value is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// Shared; without it the step cannot run.
    Shared,
    /// Shared, if it is there.
    Maybe,
    /// By value: nobody wants it afterwards.
    Owned,
}

/// A value that a step takes from an earlier one, or from the plan's input.
#[derive(Debug, Clone)]
pub(crate) struct Take {
    pub(crate) of: TypeId,
    pub(crate) name: &'static str,
    pub(crate) how: How,
}

/// One step of a [`Plan`](super::Plan): what it does, what it takes and gives, and what happens when it fails.
#[derive(Clone)]
pub struct Step {
    pub(crate) name: Cow<'static, str>,
    pub(crate) run: Part<Output>,
    pub(crate) gives: Option<(TypeId, &'static str)>,
    pub(crate) takes: Vec<Take>,
    pub(crate) undo_takes: Vec<Take>,
    pub(crate) after: Vec<Cow<'static, str>>,
    pub(crate) before: Vec<Cow<'static, str>>,
    pub(crate) retries: u32,
    pub(crate) backoff: Duration,
    pub(crate) timeout: Option<Duration>,
    pub(crate) when: Option<Part<bool>>,
    pub(crate) undo: Option<Part<()>>,
    pub(crate) on_failure: OnFailure,
    /// Whether it may emit, so that each try has an outbox of its own.
    pub(crate) emits: bool,
    /// The names of the fns behind it, for people.
    pub(crate) when_name: &'static str,
    pub(crate) undo_name: &'static str,
    pub(crate) docs: &'static str,
    pub(crate) place: Option<Place>,
}

/// The wait before the first retry of a step that says nothing itself.
pub(crate) const BACKOFF: Duration = Duration::from_millis(100);

impl Step {
    /// A step called `name` that runs `body`; what it answers with can be taken by other steps. What answers with `()` gives
    /// nothing.
    pub fn new<F, W, T>(name: impl Into<Cow<'static, str>>, body: F) -> Step
    where
        F: Fn(Given) -> W + Send + Sync + 'static,
        W: Future<Output = Result<T>> + Send + 'static,
        T: Send + Sync + 'static,
    {
        let call = move |given: Given| super::code::step(body(given));
        let run = Part { call: Arc::new(call), needs: &[] };
        let is_unit = TypeId::of::<T>() == TypeId::of::<()>();
        let gives = (!is_unit).then(|| (TypeId::of::<T>(), std::any::type_name::<T>()));
        Step {
            name: name.into(),
            run,
            gives,
            takes: Vec::new(),
            undo_takes: Vec::new(),
            after: Vec::new(),
            before: Vec::new(),
            retries: 0,
            backoff: BACKOFF,
            timeout: None,
            when: None,
            undo: None,
            on_failure: OnFailure::default(),
            emits: true,
            when_name: "",
            undo_name: "",
            docs: "",
            place: None,
        }
    }

    /// The step that an attribute wrote.
    pub(crate) fn coded(code: &'static StepCode) -> Step {
        let backoff = if code.backoff_ms == 0 { BACKOFF } else { Duration::from_millis(code.backoff_ms) };
        Step {
            name: Cow::Borrowed(code.name),
            run: Part { call: Arc::new(code.run), needs: code.needs },
            gives: code.gives.filter(|(of, _)| *of != TypeId::of::<()>()),
            takes: code.takes.iter().map(super::code::Taken::take).collect(),
            undo_takes: code.undo_takes.iter().map(super::code::Taken::take).collect(),
            after: code.after.iter().map(|name| Cow::Borrowed(*name)).collect(),
            before: code.before.iter().map(|name| Cow::Borrowed(*name)).collect(),
            retries: code.retries,
            backoff,
            timeout: (code.timeout_ms > 0).then(|| Duration::from_millis(code.timeout_ms)),
            when: code.when.map(|(_, call, needs)| Part { call: Arc::new(call), needs }),
            undo: code.undo.map(|(_, call, needs)| Part { call: Arc::new(call), needs }),
            on_failure: code.on_failure,
            emits: code.emits,
            when_name: code.when.map_or("", |(name, ..)| name),
            undo_name: code.undo.map_or("", |(name, ..)| name),
            docs: code.docs,
            place: Some(code.place),
        }
    }

    /// It takes the `T` that another step gives, or that the plan is given, shared, by [`Given::get`], and so comes after that
    /// step.
    #[must_use]
    pub fn takes<T: Send + Sync + 'static>(self) -> Self {
        self.take::<T>(How::Shared)
    }

    /// As [`Step::takes`], by [`Given::find`]: the step that gives it may have been skipped, or have failed.
    #[must_use]
    pub fn takes_if_there<T: Send + Sync + 'static>(self) -> Self {
        self.take::<T>(How::Maybe)
    }

    /// As [`Step::takes`], by value, by [`Given::take`]: one step may, and it comes after all that take the value shared.
    #[must_use]
    pub fn consumes<T: Send + Sync + 'static>(self) -> Self {
        self.take::<T>(How::Owned)
    }

    fn take<T: 'static>(mut self, how: How) -> Self {
        self.takes.push(Take { of: TypeId::of::<T>(), name: std::any::type_name::<T>(), how });
        self
    }

    /// It comes after the step called `name`.
    #[must_use]
    pub fn after(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.after.push(name.into());
        self
    }

    /// It comes before the step called `name`.
    #[must_use]
    pub fn before(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.before.push(name.into());
        self
    }

    /// How often it is tried again, when it fails in a way that may pass: kinds timeout, unavailable, too many and internal.
    /// Its compensation is, too.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// The wait before the first retry, doubled each time up to 30 s, the second half of it random; 100 ms by default.
    #[must_use]
    pub fn backoff(mut self, first: Duration) -> Self {
        self.backoff = first;
        self
    }

    /// How long each try of it, or of its compensation, may take; then it is cancelled at its next await.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// It runs only when `condition` says so, else it is skipped, and so is what needs what it would have given. The condition
    /// is asked when its turn comes; one that fails fails the step.
    #[must_use]
    pub fn when<F, W>(mut self, condition: F) -> Self
    where
        F: Fn(Given) -> W + Send + Sync + 'static,
        W: Future<Output = Result<bool>> + Send + 'static,
    {
        self.when = Some(Part { call: Arc::new(move |given| Box::pin(condition(given))), needs: &[] });
        self
    }

    /// What undoes it: called when it was done and the plan fails later, or is cancelled. It may take, by [`Given::get`], what
    /// the step gave and what the step could take.
    #[must_use]
    pub fn compensate<F, W>(mut self, undo: F) -> Self
    where
        F: Fn(Given) -> W + Send + Sync + 'static,
        W: Future<Output = Result<()>> + Send + 'static,
    {
        self.undo = Some(Part { call: Arc::new(move |given| Box::pin(undo(given))), needs: &[] });
        self
    }

    /// What happens to the plan when it fails; [`OnFailure::Compensate`] by default.
    #[must_use]
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// Whether it, or its condition, needs something of the container.
    pub(super) fn needs_something(&self) -> bool {
        !self.run.needs.is_empty() || self.when.as_ref().is_some_and(|when| !when.needs.is_empty())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type that it gives, unless that is `()`.
    pub fn gives(&self) -> Option<&'static str> {
        self.gives.map(|(_, name)| name)
    }

    /// How often it is tried again.
    pub fn retry_limit(&self) -> u32 {
        self.retries
    }

    /// How long a try may take.
    pub fn time_limit(&self) -> Option<Duration> {
        self.timeout
    }

    /// What happens to the plan when it fails.
    pub fn failure_policy(&self) -> OnFailure {
        self.on_failure
    }

    /// Whether it runs under a condition only.
    pub fn is_conditional(&self) -> bool {
        self.when.is_some()
    }

    /// Whether something undoes it.
    pub fn is_compensated(&self) -> bool {
        self.undo.is_some()
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step").field("name", &self.name).field("gives", &self.gives()).finish_non_exhaustive()
    }
}
