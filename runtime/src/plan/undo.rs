//! The end of a run: what was done is undone if that is declared, in reverse, within a deadline of its own, whoever has
//! gone; and then there is a report.

use std::sync::Arc;
use std::time::Duration;

use super::report::{Cause, Report, RunState, StepState, UndoReport, micros};
use super::run::{Attempts, attempts};
use super::state::Run;
use super::step::OnFailure;
use super::watch::{Progress, Undoing};
use crate::context::Context;
use crate::env::Task;
use crate::error::{Error, Kind};
use crate::message::{MessageInfo, MessageKind};

/// How a run ends.
pub(super) enum End {
    /// All that can be done is done, or a step has failed, which the ledger says.
    Over,
    /// The caller went.
    Cancelled,
}

/// The report, now or when all is undone.
pub(super) enum Ended {
    Now(Arc<Report>),
    Later(Task<Arc<Report>>),
}

/// Ends the run. Nothing of it is at work any more.
pub(super) fn end(run: &Arc<Run>, end: &End) -> Ended {
    // What was at work is so no more, whatever ended the run.
    let halts = matches!(end, End::Cancelled) && cancel(run);
    let (state, cause) = match (end, failure(run)) {
        (_, Some((policy, cause))) => {
            (if policy == OnFailure::Halt { Some(RunState::Halted) } else { None }, Some(cause))
        }
        (End::Over, None) => (Some(RunState::Succeeded), None),
        (End::Cancelled, None) => (halts.then_some(RunState::Cancelled), Some(cancelled())),
    };
    match state {
        Some(state) => Ended::Now(finish(run, state, cause)),
        // A compensation may be none: then there is nothing to wait for.
        None if !has_undo(run) => Ended::Now(finish(run, RunState::Undone, cause)),
        None => match tokio::runtime::Handle::try_current() {
            Ok(_) => {
                let (env, run) = (run.app.env.clone(), run.clone());
                let undoing = Undoing::new(run.app.clone());
                Ended::Later(env.spawn(async move {
                    let report = undo(&run, cause).await;
                    drop(undoing);
                    report
                }))
            }
            // Where the last task of a runtime is dropped there is none to spawn on.
            Err(_) => {
                tracing::error!(target: "partitura", plan = run.plan.name(), "compensation is lost: no runtime");
                Ended::Now(finish(run, RunState::PartlyUndone, cause))
            }
        },
    }
}

/// Undoes a run that had succeeded, since something behind it failed.
pub(super) async fn undo_after_all(run: &Arc<Run>, cause: Cause) -> Arc<Report> {
    undo(run, Some(cause)).await
}

fn failure(run: &Run) -> Option<(OnFailure, Cause)> {
    let ledger = run.ledger();
    ledger.failure.as_ref().map(|(step, cause)| (run.plan.steps()[*step].on_failure, cause.clone()))
}

fn cancelled() -> Cause {
    Cause::of(&Error::new(Kind::Cancelled, "the caller went, or its deadline passed"))
}

/// What was at work is cancelled. True if one of those says that nothing is to be undone.
fn cancel(run: &Run) -> bool {
    let elapsed = run.app.env.now().saturating_duration_since(run.began);
    let mut ledger = run.ledger();
    let mut halts = false;
    for (step, entry) in ledger.steps.iter_mut().enumerate() {
        if entry.state == StepState::Running {
            entry.state = StepState::Cancelled;
            entry.took = elapsed.saturating_sub(entry.began.unwrap_or(elapsed));
            halts |= run.plan.steps()[step].on_failure == OnFailure::Halt;
        }
    }
    halts
}

fn has_undo(run: &Run) -> bool {
    run.ledger().done.iter().any(|step| run.plan.steps()[*step].undo.is_some())
}

/// One after the other, in reverse of the order in which they were done. One that fails stops none.
async fn undo(run: &Arc<Run>, cause: Option<Cause>) -> Arc<Report> {
    let done: Vec<usize> = run.ledger().done.iter().rev().copied().collect();
    let env = run.app.env.clone();
    let limit = run.plan.undo_within();
    let deadline = env.now().checked_add(limit);
    let cx = context(run, deadline);
    let mut complete = true;
    for step in done {
        let Some(undo) = &run.plan.steps()[step].undo else { continue };
        let name = run.plan.steps()[step].name();
        run.app.plans.tell(&Progress::UndoBegan { run: &run.id, step: name });
        let began = env.now();
        let answer = match &cx {
            Ok(cx) => {
                let mut tries = 0;
                let work = attempts(Attempts { run, step, part: undo, cx, tries: &mut tries, quiet: true });
                let answer = match deadline {
                    Some(deadline) => env.timeout_at(deadline, work).await.unwrap_or_else(|_| Err(late(limit))),
                    None => work.await,
                };
                (tries, answer.map(drop))
            }
            Err(error) => (0, Err(Error::internal(error.message().to_owned()))),
        };
        let (tries, answer) = answer;
        if let Err(error) = &answer {
            complete = false;
            let plan = run.plan.name();
            tracing::error!(target: "partitura", plan, step = name, ?error, "a step could not be undone");
        }
        let cause = answer.err().map(|error| Cause::of(&error));
        run.app.plans.tell(&Progress::UndoEnded { run: &run.id, step: name, cause: cause.as_ref() });
        let took_us = micros(env.now().saturating_duration_since(began));
        run.ledger().steps[step].undo = Some(UndoReport { done: cause.is_none(), tries, took_us, cause });
    }
    if let Ok(cx) = &cx {
        // What compensation emitted is a fact, whatever else failed.
        let _ = cx.finish(Ok(())).await;
    }
    finish(run, if complete { RunState::Undone } else { RunState::PartlyUndone }, cause)
}

#[cold]
fn late(limit: Duration) -> Error {
    Error::timeout(format!("compensation did not end within {limit:?}")).with_code("PT0333")
}

/// What is undone follows from the message and is no part of it: that has failed, or is gone.
fn context(run: &Run, deadline: Option<std::time::Instant>) -> Result<Arc<Context>, Error> {
    let root = run.cx.follower().begin(run.app.clone(), deadline);
    root.child(run.cx.message().unwrap_or(&BY_HAND)).map(Arc::new)
}

/// What runs where a plan runs outside of any message.
struct ByHand;

static BY_HAND: MessageInfo =
    MessageInfo::new::<ByHand>(MessageKind::Command, "partitura", "Plan", crate::__place!()).local();

/// Outside of any message a plan is one, so that what is made for each message can be made.
pub(super) const fn by_hand() -> &'static MessageInfo {
    &BY_HAND
}

fn is_cancelled(report: &Report) -> bool {
    report.cause.as_ref().is_some_and(|cause| cause.kind == Kind::Cancelled)
}

/// The report is told and kept, and the next run may begin.
fn finish(run: &Arc<Run>, state: RunState, cause: Option<Cause>) -> Arc<Report> {
    let report = Arc::new(Report::of(run, state, cause));
    let (plan, id) = (&*report.plan, &*report.run);
    match state {
        RunState::Succeeded => {
            tracing::debug!(target: "partitura", plan, run = id, took_us = report.took_us, "a plan succeeded")
        }
        // Its caller is told of a failure; of a cancellation only the log is, unless somebody watches.
        RunState::Halted | RunState::Undone if !is_cancelled(&report) || run.app.plans.is_watched() => {
            tracing::info!(target: "partitura", plan, run = id, %report, "a plan did not succeed");
        }
        RunState::Cancelled if run.app.plans.is_watched() => {
            tracing::info!(target: "partitura", plan, run = id, %report, "a plan was cancelled");
        }
        _ => tracing::warn!(target: "partitura", plan, run = id, %report, "a plan did not succeed"),
    }
    run.app.plans.keep(&report);
    run.app.plans.leave(&run.plan);
    run.app.plans.tell(&Progress::Ended { report: &report });
    run.release();
    report
}
