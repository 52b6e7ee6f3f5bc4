//! What generated code builds and calls: constants that describe a plan, and thin generic shells.

use std::any::TypeId;
use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::Plan;
use super::graph::PlanError;
use super::report::Report;
use super::state::{Given, Output};
use super::step::{How, OnFailure, Step, Take};
use crate::container::need::Need;
use crate::context::Context;
use crate::error::Result;
use crate::future::BoxFuture;
use crate::message::{MessageInfo, Request};
use crate::validate::{Rules, Validate};
use crate::wiring::Handles;
use crate::wiring::place::Place;

/// A type, and how it is written.
type Kind = (TypeId, &'static str);

/// A fn of a step, with what it needs of the container, for [`StepCode`].
pub type Code<T> = fn(Given) -> BoxFuture<'static, Result<T>>;

/// What `#[step]` knows of a fn.
pub struct StepCode {
    pub(super) name: &'static str,
    pub(super) place: Place,
    pub(super) docs: &'static str,
    pub(super) run: Code<Output>,
    pub(super) needs: &'static [Need],
    pub(super) emits: bool,
    pub(super) gives: Option<Kind>,
    pub(super) takes: &'static [Taken],
    pub(super) undo_takes: &'static [Taken],
    pub(super) after: &'static [&'static str],
    pub(super) before: &'static [&'static str],
    pub(super) retries: u32,
    pub(super) backoff_ms: u64,
    pub(super) timeout_ms: u64,
    pub(super) on_failure: OnFailure,
    pub(super) when: Option<(&'static str, Code<bool>, &'static [Need])>,
    pub(super) undo: Option<(&'static str, Code<()>, &'static [Need])>,
}

/// A value that a step takes.
pub struct Taken {
    of: TypeId,
    name: &'static str,
    how: How,
}

impl Taken {
    /// By reference.
    pub const fn shared<T: 'static>(name: &'static str) -> Self {
        Taken { of: TypeId::of::<T>(), name, how: How::Shared }
    }

    /// By reference, if it is there.
    pub const fn maybe<T: 'static>(name: &'static str) -> Self {
        Taken { of: TypeId::of::<T>(), name, how: How::Maybe }
    }

    /// By value.
    pub const fn owned<T: 'static>(name: &'static str) -> Self {
        Taken { of: TypeId::of::<T>(), name, how: How::Owned }
    }

    pub(super) fn take(&self) -> Take {
        Take { of: self.of, name: self.name, how: self.how }
    }
}

impl StepCode {
    /// A step that is called `name` and runs `run`.
    pub const fn new(name: &'static str, place: Place, run: Code<Output>, needs: &'static [Need]) -> Self {
        StepCode {
            name,
            place,
            docs: "",
            run,
            needs,
            emits: false,
            gives: None,
            takes: &[],
            undo_takes: &[],
            after: &[],
            before: &[],
            retries: 0,
            backoff_ms: 0,
            timeout_ms: 0,
            on_failure: OnFailure::Compensate,
            when: None,
            undo: None,
        }
    }

    /// For a step with a mistake, which is told elsewhere.
    pub const fn stand_in(place: Place) -> Self {
        StepCode::new("", place, |_| Box::pin(std::future::pending()), &[])
    }

    /// Another name: that of the file whose `execute` it is.
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Its doc comment.
    pub const fn docs(mut self, docs: &'static str) -> Self {
        self.docs = docs;
        self
    }

    /// It takes the context, and so may emit.
    pub const fn emits(mut self) -> Self {
        self.emits = true;
        self
    }

    /// The type that it gives.
    pub const fn gives<T: 'static>(mut self, name: &'static str) -> Self {
        self.gives = Some((TypeId::of::<T>(), name));
        self
    }

    /// What it takes.
    pub const fn takes(mut self, takes: &'static [Taken]) -> Self {
        self.takes = takes;
        self
    }

    /// The steps that it comes after and before, by name.
    pub const fn order(mut self, after: &'static [&'static str], before: &'static [&'static str]) -> Self {
        self.after = after;
        self.before = before;
        self
    }

    /// How often it is tried again, and the wait before the first time; 0 for the default.
    pub const fn retries(mut self, retries: u32, backoff_ms: u64) -> Self {
        self.retries = retries;
        self.backoff_ms = backoff_ms;
        self
    }

    /// How long a try may take.
    pub const fn timeout(mut self, timeout_ms: u64) -> Self {
        self.timeout_ms = timeout_ms;
        self
    }

    /// It runs under a condition.
    pub const fn when(mut self, when: (&'static str, Code<bool>, &'static [Need])) -> Self {
        self.when = Some(when);
        self
    }

    /// What undoes it.
    pub const fn undo(mut self, undo: (&'static str, Code<()>, &'static [Need]), takes: &'static [Taken]) -> Self {
        self.undo = Some(undo);
        self.undo_takes = takes;
        self
    }

    /// A failure of it undoes nothing.
    pub const fn halts(mut self) -> Self {
        self.on_failure = OnFailure::Halt;
        self
    }

    /// A failure of it does not end the plan.
    pub const fn continues(mut self) -> Self {
        self.on_failure = OnFailure::Continue;
        self
    }

    /// All that it, its condition and its compensation need.
    fn all_needs(&self) -> impl Iterator<Item = &'static Need> + use<> {
        let when = self.when.map_or(&[] as &[Need], |(_, _, needs)| needs);
        let undo = self.undo.map_or(&[] as &[Need], |(_, _, needs)| needs);
        self.needs.iter().chain(when).chain(undo)
    }
}

/// When a plan runs by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// After the singletons are built and before the entrypoints open.
    Start,
    /// After the entrypoints have closed and before the singletons are disposed of.
    Stop,
}

/// What `#[orchestrate]` and `folder!` know of a plan.
pub struct PlanCode {
    pub(crate) name: &'static str,
    pub(crate) info: &'static MessageInfo,
    pub(crate) place: Place,
    pub(crate) docs: &'static str,
    pub(crate) steps: &'static [&'static StepCode],
    pub(crate) on: Option<On>,
    limit: usize,
    sequential: bool,
    exclusive: bool,
    undo_ms: u64,
    input: Option<Kind>,
    output: Option<Kind>,
    built: OnceLock<Result<Plan, PlanError>>,
}

impl PlanCode {
    /// A plan called `name`, with its message.
    pub const fn new(
        name: &'static str,
        info: &'static MessageInfo,
        place: Place,
        steps: &'static [&'static StepCode],
    ) -> Self {
        PlanCode {
            name,
            info,
            place,
            docs: info.docs,
            steps,
            on: None,
            limit: super::LIMIT,
            sequential: false,
            exclusive: false,
            undo_ms: 0,
            input: None,
            output: None,
            built: OnceLock::new(),
        }
    }

    /// It runs when the application starts, or stops.
    pub const fn on(mut self, on: On) -> Self {
        self.on = Some(on);
        self
    }

    /// As [`PlanBuilder::limit`](super::PlanBuilder::limit).
    pub const fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// As [`PlanBuilder::sequential`](super::PlanBuilder::sequential).
    pub const fn sequential(mut self) -> Self {
        self.sequential = true;
        self
    }

    /// As [`PlanBuilder::exclusive`](super::PlanBuilder::exclusive).
    pub const fn exclusive(mut self) -> Self {
        self.exclusive = true;
        self
    }

    /// As [`PlanBuilder::undo_within`](super::PlanBuilder::undo_within).
    pub const fn undo_within(mut self, undo_ms: u64) -> Self {
        self.undo_ms = undo_ms;
        self
    }

    /// As [`PlanBuilder::input`](super::PlanBuilder::input).
    pub const fn input<T: 'static>(mut self, name: &'static str) -> Self {
        self.input = Some((TypeId::of::<T>(), name));
        self
    }

    /// As [`PlanBuilder::output`](super::PlanBuilder::output).
    pub const fn output<T: 'static>(mut self, name: &'static str) -> Self {
        self.output = Some((TypeId::of::<T>(), name));
        self
    }

    /// The type of its output as written.
    pub(crate) fn output_name(&self) -> Option<&'static str> {
        self.output.map(|(_, name)| name)
    }

    /// The plan, built once. What it says is the program's, and the same for every application.
    ///
    /// # Errors
    /// What the macro does not see: two spellings of one type. `verify` asks for it before anything starts.
    pub fn plan(&self) -> Result<&Plan, PlanError> {
        self.built.get_or_init(|| self.build()).as_ref().map_err(Clone::clone)
    }

    fn build(&self) -> Result<Plan, PlanError> {
        let mut builder = Plan::builder(self.name).limit(self.limit);
        if let Some((of, name)) = self.input {
            builder = builder.input_of(of, name);
        }
        if let Some((of, name)) = self.output {
            builder = builder.output_of(of, name);
        }
        if self.sequential {
            builder = builder.sequential();
        }
        if self.exclusive {
            builder = builder.exclusive();
        }
        if self.undo_ms > 0 {
            builder = builder.undo_within(Duration::from_millis(self.undo_ms));
        }
        self.steps.iter().fold(builder, |builder, step| builder.step(Step::coded(step))).build()
    }

    pub(crate) fn needs(&self) -> impl Iterator<Item = &'static Need> + use<> {
        self.steps.iter().flat_map(|step| step.all_needs())
    }
}

/// A try of a step on the heap, its result one that other steps can take.
pub fn step<T: Send + Sync + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> BoxFuture<'static, Result<Output>> {
    Box::pin(async move { work.await.map(|output| Arc::new(output) as Output) })
}

/// A condition on the heap.
pub fn condition(work: impl Future<Output = Result<bool>> + Send + 'static) -> BoxFuture<'static, Result<bool>> {
    Box::pin(work)
}

/// What a condition says.
///
/// # Errors
/// Those of the condition.
pub fn verdict<T: Decides>(verdict: T) -> Result<bool> {
    verdict.decide()
}

/// A compensation on the heap.
pub fn compensation(work: impl Future<Output = Result<()>> + Send + 'static) -> BoxFuture<'static, Result<()>> {
    Box::pin(work)
}

/// What a condition answers with: `bool` or a `Result` of one.
#[diagnostic::on_unimplemented(
    message = "a condition answers with `bool` or `Result<bool>` [PT0184]",
    label = "`{Self}` is neither"
)]
pub trait Decides: Send {
    /// Whether the step runs.
    ///
    /// # Errors
    /// Those of the condition.
    fn decide(self) -> Result<bool>;
}

impl Decides for bool {
    fn decide(self) -> Result<bool> {
        Ok(self)
    }
}

impl<E: Into<crate::error::Error> + Send> Decides for Result<bool, E> {
    fn decide(self) -> Result<bool> {
        self.map_err(Into::into)
    }
}

/// Runs the plan for its typed result.
pub async fn run_for<T: Send + Sync + 'static, I: Send + Sync + 'static>(
    code: &'static PlanCode,
    input: I,
    cx: &Context,
) -> Result<T> {
    super::run::run(code.plan()?, cx, Arc::new(input)).await?.into_output()
}

/// Runs the plan for its report.
pub async fn run_for_report<I: Send + Sync + 'static>(
    code: &'static PlanCode,
    input: I,
    cx: &Context,
) -> Result<Report> {
    super::run::run(code.plan()?, cx, Arc::new(input)).await?.into_report()
}

/// The place of a step: the line where it stands, which `line!()` does not say of what is within an item.
pub const fn at(mut place: Place, line: u32) -> Place {
    if line > 0 {
        place.line = line;
    }
    place
}

/// The rules of a plan's message are those of its input: found on `RulesOf<R>` itself if that has some, and else by the trait
/// [`HasNoRules`].
pub struct RulesOf<R>(std::marker::PhantomData<fn() -> R>);

/// A plan's message with an input.
pub trait HasInput {
    /// The input.
    type Input;
    /// What the plan is given.
    fn input(&self) -> &Self::Input;
    /// The message.
    fn of(input: Self::Input) -> Self;
}

/// A plan's message can be copied, for behaviors that read it, if its input can: found on `InputCopies<R>` itself then, and else by
/// the trait [`NotCopied`].
pub struct InputCopies<R>(std::marker::PhantomData<fn() -> R>);

impl<R: HasInput<Input: Clone>> InputCopies<R> {
    /// By its input.
    pub const CLONE: Option<fn(&R) -> R> = Some(|run| R::of(run.input().clone()));
}

/// For every plan whose input cannot be copied.
pub trait NotCopied<R> {
    /// Nothing.
    const CLONE: Option<fn(&R) -> R> = None;
}

impl<R> NotCopied<R> for InputCopies<R> {}

impl<R: HasInput<Input: Validate>> RulesOf<R> {
    /// Those of the input.
    pub const RULES: Option<Rules<R>> = Some(|run, report| run.input().validate(report));
}

/// For every plan whose input has no rules.
pub trait HasNoRules<R> {
    /// Nothing.
    const RULES: Option<Rules<R>> = None;
}

impl<R> HasNoRules<R> for RulesOf<R> {}

/// A plan's message that travels as a unit.
#[doc(hidden)]
#[macro_export]
macro_rules! __travels_as_unit {
    ($rt:path, $run:ident) => {
        const _: () = {
            use $rt as rt;
            impl rt::plan::serde::Serialize for $run {
                fn serialize<S: rt::plan::serde::Serializer>(&self, to: S) -> ::core::result::Result<S::Ok, S::Error> {
                    rt::plan::serde::Serialize::serialize(&(), to)
                }
            }
            impl<'de> rt::plan::serde::Deserialize<'de> for $run {
                fn deserialize<D: rt::plan::serde::Deserializer<'de>>(
                    from: D,
                ) -> ::core::result::Result<Self, D::Error> {
                    <() as rt::plan::serde::Deserialize>::deserialize(from).map(|()| $run)
                }
            }
            impl rt::plan::JsonSchema for $run {
                fn schema_name() -> ::std::borrow::Cow<'static, str> {
                    ::std::borrow::Cow::Borrowed("Run")
                }
                fn json_schema(generator: &mut rt::plan::SchemaGenerator) -> rt::plan::Schema {
                    <() as rt::plan::JsonSchema>::json_schema(generator)
                }
            }
        };
    };
}

/// A plan's message that travels as its input does.
#[doc(hidden)]
#[macro_export]
macro_rules! __travels_as {
    ($rt:path, $run:ident, $input:ty) => {
        const _: () = {
            use $rt as rt;
            impl rt::plan::serde::Serialize for $run {
                fn serialize<S: rt::plan::serde::Serializer>(&self, to: S) -> ::core::result::Result<S::Ok, S::Error> {
                    rt::plan::serde::Serialize::serialize(&self.0, to)
                }
            }
            impl<'de> rt::plan::serde::Deserialize<'de> for $run {
                fn deserialize<D: rt::plan::serde::Deserializer<'de>>(
                    from: D,
                ) -> ::core::result::Result<Self, D::Error> {
                    <$input as rt::plan::serde::Deserialize>::deserialize(from).map($run)
                }
            }
            impl rt::plan::JsonSchema for $run {
                fn schema_name() -> ::std::borrow::Cow<'static, str> {
                    <$input as rt::plan::JsonSchema>::schema_name()
                }
                fn json_schema(generator: &mut rt::plan::SchemaGenerator) -> rt::plan::Schema {
                    <$input as rt::plan::JsonSchema>::json_schema(generator)
                }
            }
            impl ::core::fmt::Debug for $run {
                // The input may have no `Debug`, and secrets.
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    f.write_str("Run(..)")
                }
            }
            impl rt::plan::HasInput for $run {
                type Input = $input;
                fn input(&self) -> &$input {
                    &self.0
                }
                fn of(input: $input) -> Self {
                    $run(input)
                }
            }
        };
    };
}

/// The message of a plan without an input.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the message of a plan without an input [PT0186]",
    label = "a step that is a plan gives it no input",
    note = "a plan with an input is sent by a step of its own: `cx.send(plan::Run(input)).await`"
)]
pub trait NoInput: Request {
    /// What a step runs that is the plan: it sends the message.
    const STEP: Code<Output> = |given| step(send_plan::<Self>(given));

    /// The message.
    fn make() -> Self;
}

async fn send_plan<M: NoInput>(given: Given) -> Result<()>
where
    M::Home: Handles<M>,
{
    given.context().send(M::make()).await.map(drop)
}
