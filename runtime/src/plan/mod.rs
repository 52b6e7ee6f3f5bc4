//! Ordered execution: a [`Plan`] is a list of steps with the order in which they run, as a value.
//!
//! `#[orchestrate]` and `folder!` build one; a program can build one by hand:
//!
//! ```
//! use partitura_runtime::plan::{Given, Plan, Step};
//!
//! struct Dump(Vec<u8>);
//!
//! let plan = Plan::builder("backup")
//!     .step(Step::new("dump", |_: Given| async { Ok(Dump(vec![1, 2, 3])) }))
//!     .step(
//!         Step::new("upload", |given: Given| async move {
//!             let dump = given.get::<Dump>()?;
//!             Ok(dump.0.len())
//!         })
//!         .takes::<Dump>()
//!         .retries(3),
//!     )
//!     .build()?;
//! assert_eq!(plan.levels().len(), 2);
//! # Ok::<(), partitura_runtime::Error>(())
//! ```
//!
//! Invariants:
//! - A `Plan` that exists can run: [`PlanBuilder::build`] refuses cycles, unknown names and what no step gives, all at once.
//! - Nothing starts before all that it comes after has ended. What is free at the same time starts in declared order.
//! - Whatever ends a run (success, a failure, a caller who goes), what was done is undone as declared, and there is a
//!   [`Report`] of it.
//! - The model says of each step who it is, what it takes and what it gives, so that a run can be recorded.

mod code;
mod graph;
pub(crate) mod lifecycle;
mod report;
mod run;
mod state;
mod step;
mod undo;
mod watch;

#[cfg(test)]
mod tests;

use std::any::TypeId;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use code::On;
pub(crate) use code::PlanCode;
pub use graph::{Edge, PlanError, Why};
pub use report::{Cause, Report, RunState, StepReport, StepState, UndoReport, time};
pub use run::Finished;
pub use state::{Given, Output};
pub use step::{OnFailure, Step};
pub(crate) use watch::Hub;
pub use watch::{Plans, Progress, Watch};

/// What generated code builds and calls. No part of the public API.
#[doc(hidden)]
pub mod generated {
    pub use super::code::{
        Code, Decides, HasInput, HasNoRules, InputCopies, NoInput, NotCopied, On, PlanCode, RulesOf, StepCode, Taken,
        at, compensation, condition, run_for, run_for_report, step, verdict,
    };
    pub use schemars::generate::SchemaGenerator;
    pub use schemars::{JsonSchema, Schema};
    pub use serde;

    pub use super::report::Report;
    pub use super::state::{Given, Output};
    pub use crate::{__travels_as as travels_as, __travels_as_unit as travels_as_unit};
}

/// How many steps of a plan run at a time that says nothing itself.
pub const LIMIT: usize = 16;
/// How long compensation may take of a plan that says nothing itself.
pub const UNDO_WITHIN: Duration = Duration::from_secs(30);
/// The most steps that a plan may have.
pub const MOST_STEPS: usize = 100_000;

/// An ordered list of steps that can run. Cheap to clone; every clone is the same plan, and may run several times at once.
#[derive(Clone)]
pub struct Plan(Arc<Model>);

/// What a plan consists of.
pub(crate) struct Model {
    pub(crate) name: Cow<'static, str>,
    pub(crate) steps: Vec<Step>,
    pub(crate) edges: Vec<Edge>,
    /// For each step those that come after it, in declared order.
    pub(crate) followers: Vec<Vec<u32>>,
    /// For each step how many it comes after.
    pub(crate) waits: Vec<u32>,
    pub(crate) levels: Vec<u32>,
    pub(crate) sources: HashMap<TypeId, Source>,
    pub(crate) input: Option<(TypeId, &'static str)>,
    pub(crate) limit: usize,
    pub(crate) exclusive: bool,
    pub(crate) undo_within: Duration,
}

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    Input,
    Step(u32),
}

impl Plan {
    /// A plan called `name`, to which steps are added.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> PlanBuilder {
        PlanBuilder {
            name: name.into(),
            steps: Vec::new(),
            input: None,
            output: None,
            limit: LIMIT,
            sequential: false,
            exclusive: false,
            undo_within: UNDO_WITHIN,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its steps, in declared order.
    pub fn steps(&self) -> &[Step] {
        &self.0.steps
    }

    /// Which step comes after which, and why.
    pub fn edges(&self) -> &[Edge] {
        &self.0.edges
    }

    /// The steps by level: a step is one level behind the last of those that it comes after, so that those of one level
    /// can run at the same time.
    pub fn levels(&self) -> Vec<Vec<usize>> {
        let mut levels = vec![Vec::new(); self.0.levels.iter().max().map_or(0, |last| *last as usize + 1)];
        for (step, level) in self.0.levels.iter().enumerate() {
            levels[*level as usize].push(step);
        }
        levels
    }

    /// How many steps run at a time.
    pub fn limit(&self) -> usize {
        self.0.limit
    }

    /// Whether it refuses to run twice at once in one application.
    pub fn is_exclusive(&self) -> bool {
        self.0.exclusive
    }

    /// How long compensation may take.
    pub fn undo_within(&self) -> Duration {
        self.0.undo_within
    }

    /// The type that a run is given, if it is given any.
    pub fn input(&self) -> Option<&'static str> {
        self.0.input.map(|(_, name)| name)
    }

    pub(crate) fn model(&self) -> &Model {
        &self.0
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.steps.iter().map(Step::name).collect();
        f.debug_struct("Plan").field("name", &self.0.name).field("steps", &names).finish_non_exhaustive()
    }
}

/// Builds a [`Plan`]: see [`Plan::builder`].
#[must_use = "a plan is made by `build`"]
pub struct PlanBuilder {
    name: Cow<'static, str>,
    steps: Vec<Step>,
    input: Option<(TypeId, &'static str)>,
    output: Option<(TypeId, &'static str)>,
    limit: usize,
    sequential: bool,
    exclusive: bool,
    undo_within: Duration,
}

impl PlanBuilder {
    /// Adds a step.
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// What each run is given, and steps take as they take what another step gives.
    pub fn input<T: Send + Sync + 'static>(self) -> Self {
        self.input_of(TypeId::of::<T>(), std::any::type_name::<T>())
    }

    fn input_of(mut self, of: TypeId, name: &'static str) -> Self {
        self.input = Some((of, name));
        self
    }

    /// What a run answers with: one of its steps must give it, and none take it by value.
    pub fn output<T: Send + Sync + 'static>(self) -> Self {
        self.output_of(TypeId::of::<T>(), std::any::type_name::<T>())
    }

    fn output_of(mut self, of: TypeId, name: &'static str) -> Self {
        self.output = Some((of, name));
        self
    }

    /// How many steps run at a time; [`LIMIT`] by default, at least 1.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit.max(1);
        self
    }

    /// Each step comes after the one before it.
    pub fn sequential(mut self) -> Self {
        self.sequential = true;
        self
    }

    /// A second run at the same time in one application is refused: kind conflict, code PT0331.
    pub fn exclusive(mut self) -> Self {
        self.exclusive = true;
        self
    }

    /// How long compensation may take, also after a cancellation; [`UNDO_WITHIN`] by default.
    pub fn undo_within(mut self, limit: Duration) -> Self {
        self.undo_within = limit;
        self
    }

    /// The plan.
    ///
    /// # Errors
    /// Everything that is wrong with it: names that are doubled or unknown, cycles, what no step gives, what two give, what is
    /// taken by value and wanted afterwards.
    pub fn build(self) -> Result<Plan, PlanError> {
        graph::build(self).map(|model| Plan(Arc::new(model)))
    }
}
