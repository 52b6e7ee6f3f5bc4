//! How a plan runs: what is free starts in declared order, up to the limit; what ends sets others free.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use futures_util::stream::{FuturesUnordered, StreamExt};

use super::Plan;
use super::report::{Cause, Report, RunState, StepState};
use super::state::{Given, Output, Run};
use super::step::{OnFailure, Part};
use super::undo::{self, End, Ended};
use super::watch::Progress;
use crate::behavior::{backoff, may_pass};
use crate::context::{Context, isolated, until};
use crate::error::{Error, Result};
use crate::future::BoxFuture;

/// A run that has ended.
#[must_use = "a plan may have failed: ask `into_report` or `into_output`"]
pub struct Finished {
    run: Arc<Run>,
    report: Arc<Report>,
    error: Option<Error>,
}

impl Finished {
    /// What became of it.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The error of the step that failed.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// The error, to be told by whoever lets the rest go.
    pub(super) fn take_error(&mut self) -> Option<Error> {
        self.error.take()
    }

    /// What a step gave, if it is still there.
    pub fn output<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.run.shared()
    }

    /// The report of a run that succeeded.
    ///
    /// # Errors
    /// That of the step that failed.
    pub fn into_report(self) -> Result<Report> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(Report::clone(&self.report)),
        }
    }

    /// What the step gave that gives a `T`.
    ///
    /// # Errors
    /// That of the step that failed. Kind unavailable, code PT0334, if the step that gives a `T` was skipped, or failed and is
    /// declared to `continue`.
    pub fn into_output<T: Send + Sync + 'static>(self) -> Result<T> {
        if let Some(error) = self.error {
            return Err(error);
        }
        match self.run.owned::<T>() {
            Some(output) => Ok(output),
            None => {
                let text = format!("the plan `{}` ended without what it answers with", self.report.plan);
                Err(Error::unavailable(text).with_code("PT0334"))
            }
        }
    }

    /// Undoes a run that succeeded.
    pub(crate) async fn undo(self, cause: Cause) -> Arc<Report> {
        undo::undo_after_all(&self.run, cause).await
    }
}

impl Plan {
    /// Runs the plan in the message of `cx`. Its steps run at the same time in the task of the caller, not in threads of their
    /// own.
    ///
    /// # Errors
    /// Kind conflict, code PT0331, if it is exclusive and runs already. What happens in steps is in the [`Finished`].
    ///
    /// # Cancel safety
    /// Dropping the future cancels the steps that are at work at their next await; what was done is undone in a task of its own,
    /// within the plan's deadline for that, unless a step that was at work is declared to `halt`.
    pub async fn run(&self, cx: &Context) -> Result<Finished> {
        self.run_with(cx, ()).await
    }

    /// As [`Plan::run`], with the plan's input.
    ///
    /// # Errors
    /// As [`Plan::run`]; kind internal, code PT0332, when the plan's input is of another type.
    pub async fn run_with<I: Send + Sync + 'static>(&self, cx: &Context, input: I) -> Result<Finished> {
        if let Some((of, name)) = self.model().input
            && of != std::any::TypeId::of::<I>()
        {
            let text = format!("the plan `{}` is given a `{name}`", self.name());
            return Err(Error::internal(text).with_code("PT0332"));
        }
        run(self, cx, Arc::new(input)).await
    }
}

pub(super) fn run<'c>(plan: &'c Plan, cx: &'c Context, input: Output) -> BoxFuture<'c, Result<Finished>> {
    Box::pin(async move {
        // Outside of any message the plan is one, which nobody else ends.
        let own = if cx.depth() == 0 { Some(cx.child(undo::by_hand())?) } else { None };
        let cx = own.as_ref().unwrap_or(cx);
        cx.app().plans.enter(plan)?;
        if plan.steps().iter().any(super::Step::needs_something) {
            // Before the context is copied, so that all copies share it.
            cx.open_scope();
        }
        let outcome = drive(Run::new(plan, cx, input), cx).await;
        if let Some(own) = &own {
            // What was emitted leaves only if the plan succeeded, which is all that is asked here.
            let answer = if outcome.error.is_some() { Err(Error::internal("the plan failed")) } else { Ok(()) };
            let _ = own.finish(answer).await;
        }
        Ok(outcome)
    })
}

/// Ends the run when the caller goes.
struct Watched(Option<Arc<Run>>);

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(run) = self.0.take() {
            // Whoever is told is told by the report.
            drop(undo::end(&run, &End::Cancelled));
        }
    }
}

async fn drive(run: Arc<Run>, cx: &Context) -> Finished {
    let model = run.plan.model();
    // Before the steps at work, so that they are dropped first.
    let mut watched = Watched(Some(run.clone()));
    run.app.plans.tell(&Progress::Began { plan: &run.plan, run: &run.id, parent: run.parent.as_deref() });
    let mut waits = model.waits.clone();
    let mut free: BinaryHeap<Reverse<usize>> = (0..waits.len()).filter(|step| waits[*step] == 0).map(Reverse).collect();
    let mut at_work = FuturesUnordered::new();
    let mut error = None;
    loop {
        while error.is_none()
            && at_work.len() < model.limit
            && let Some(Reverse(step)) = free.pop()
        {
            match run.lacks(step) {
                Some(why) => {
                    skip(&run, step, why);
                    release(model, step, &mut waits, &mut free);
                }
                None => {
                    begin(&run, step);
                    at_work.push(work(&run, cx, step));
                }
            }
        }
        let Some((step, done)) = at_work.next().await else { break };
        if let Some(failed) = settle(&run, step, done) {
            // Those at work may end; nothing new starts.
            error.get_or_insert(failed);
        }
        release(model, step, &mut waits, &mut free);
    }
    drop(at_work);
    let ended = undo::end(&run, &End::Over);
    watched.0 = None;
    let report = match ended {
        Ended::Now(report) => report,
        // It goes on, also when the caller goes.
        Ended::Later(task) => match task.await {
            Ok(report) => report,
            Err(_) => Arc::new(Report::of(&run, RunState::PartlyUndone, None)),
        },
    };
    Finished { run, report, error }
}

fn release(model: &super::Model, step: usize, waits: &mut [u32], free: &mut BinaryHeap<Reverse<usize>>) {
    for follower in &model.followers[step] {
        let follower = *follower as usize;
        waits[follower] -= 1;
        if waits[follower] == 0 {
            free.push(Reverse(follower));
        }
    }
}

fn begin(run: &Run, step: usize) {
    let began = run.app.env.now().saturating_duration_since(run.began);
    let mut ledger = run.ledger();
    let entry = &mut ledger.steps[step];
    (entry.state, entry.began) = (StepState::Running, Some(began));
}

fn skip(run: &Run, step: usize, why: String) {
    let mut ledger = run.ledger();
    let entry = &mut ledger.steps[step];
    (entry.state, entry.skipped) = (StepState::Skipped, Some(why));
    drop(ledger);
    told(run, step);
}

/// Notes how a step ended. The error, if it ends the plan.
fn settle(run: &Run, step: usize, done: Done) -> Option<Error> {
    let own = &run.plan.steps()[step];
    let elapsed = run.app.env.now().saturating_duration_since(run.began);
    let mut ends = None;
    let mut ledger = run.ledger();
    let entry = &mut ledger.steps[step];
    entry.took = elapsed.saturating_sub(entry.began.unwrap_or(elapsed));
    match done {
        Done::Output(output) => {
            entry.state = StepState::Done;
            ledger.done.push(step);
            run.put(step, output);
        }
        Done::Unwanted => {
            entry.state = StepState::Skipped;
            entry.skipped = Some("its condition said no".to_owned());
        }
        Done::Failed(error) => {
            let cause = Cause::of(&error);
            (entry.state, entry.cause) = (StepState::Failed, Some(cause.clone()));
            if own.on_failure == OnFailure::Continue {
                let plan = run.plan.name();
                tracing::warn!(target: "partitura", plan, step = own.name(), ?error, "a step failed, and the plan goes on");
            } else {
                if ledger.failure.is_none() {
                    ledger.failure = Some((step, cause.at(own.name())));
                }
                ends = Some(error);
            }
        }
    }
    drop(ledger);
    told(run, step);
    ends
}

fn told(run: &Run, step: usize) {
    if !run.app.plans.is_watched() {
        return;
    }
    let entry = run.ledger().steps[step].clone();
    run.app.plans.tell(&Progress::StepEnded {
        run: &run.id,
        step: run.plan.steps()[step].name(),
        state: entry.state,
        tries: entry.tries,
        took: entry.took,
        cause: entry.cause.as_ref(),
    });
}

/// How a step ended.
enum Done {
    Output(Output),
    Unwanted,
    Failed(Error),
}

fn work<'r>(run: &'r Arc<Run>, cx: &'r Context, step: usize) -> BoxFuture<'r, (usize, Done)> {
    Box::pin(async move {
        let own = &run.plan.steps()[step];
        if let Some(when) = &own.when {
            let mut tries = 0;
            let asked = Attempts { run, step, part: when, cx: &run.cx, tries: &mut tries, quiet: true };
            match attempts(asked).await {
                Ok((true, _)) => {}
                Ok((false, _)) => return (step, Done::Unwanted),
                Err(error) => return (step, Done::Failed(error)),
            }
        }
        let mut tries = 0;
        let shared = if own.emits { None } else { Some(&run.cx) };
        let done = match shared {
            Some(shared) => {
                attempts(Attempts { run, step, part: &own.run, cx: shared, tries: &mut tries, quiet: false }).await
            }
            None => emitting(run, cx, step, &mut tries).await,
        };
        match done {
            Ok((output, _)) => (step, Done::Output(output)),
            Err(error) => (step, Done::Failed(error)),
        }
    })
}

/// A step that may emit: each try has an outbox of its own, and that of the last leaves with the plan's message.
async fn emitting(run: &Arc<Run>, cx: &Context, step: usize, tries: &mut u32) -> Result<(Output, Arc<Context>)> {
    let part = &run.plan.steps()[step].run;
    let make = || Arc::new(cx.attempt());
    let (output, own) = tried(Attempts { run, step, part, cx: &run.cx, tries, quiet: false }, make).await?;
    cx.adopt(&own)?;
    Ok((output, own))
}

/// Something that is tried.
pub(super) struct Attempts<'a, T> {
    pub(super) run: &'a Arc<Run>,
    pub(super) step: usize,
    pub(super) part: &'a Part<T>,
    pub(super) cx: &'a Arc<Context>,
    pub(super) tries: &'a mut u32,
    /// Whether nobody is told of each try.
    pub(super) quiet: bool,
}

/// All tries in one context.
pub(super) async fn attempts<T>(what: Attempts<'_, T>) -> Result<(T, Arc<Context>)> {
    let cx = what.cx.clone();
    tried(what, move || cx.clone()).await
}

async fn tried<T>(what: Attempts<'_, T>, context: impl Fn() -> Arc<Context>) -> Result<(T, Arc<Context>)> {
    let Attempts { run, step, part, tries, quiet, .. } = what;
    let own = &run.plan.steps()[step];
    let env = &run.app.env;
    loop {
        *tries += 1;
        if !quiet {
            run.ledger().steps[step].tries = *tries;
            run.app.plans.tell(&Progress::StepBegan { run: &run.id, step: own.name(), tried: *tries });
        }
        let cx = context();
        let deadline = own.timeout.and_then(|limit| env.now().checked_add(limit));
        let given = Given { run: run.clone(), cx: cx.clone(), step, tried: *tries };
        let once = async {
            if !part.needs.is_empty() {
                cx.prepare(part.needs).await?;
            }
            (part.call)(given).await
        };
        let name = std::fmt::from_fn(|f| write!(f, "the step `{}`", own.name()));
        match isolated(name, until(env, deadline, own.name(), once)).await {
            Err(error) if *tries <= own.retries && may_pass(&error) => {
                let wait = backoff(own.backoff, *tries, env.random_u64());
                let wait = error.retry_after().map_or(wait, |asked| asked.max(wait));
                let (plan, tried) = (run.plan.name(), *tries);
                tracing::info!(target: "partitura", plan, step = own.name(), tried, ?error, "a step failed, will be tried again");
                env.sleep(wait).await;
            }
            answer => return answer.map(|value| (value, cx)),
        }
    }
}
