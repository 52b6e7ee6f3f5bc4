//! What became of a run: for each step what happened, how often it was tried and how long it took.

use std::fmt;
use std::time::{Duration, SystemTime};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Plan;
use crate::error::{Error, Kind};

/// What became of a run of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The plan's name.
    pub plan: String,
    /// The run: the id of the message that it was, as in traces.
    pub run: String,
    /// The message within which it ran, if there was one: of a step that is a plan, the run of the plan around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// How it ended.
    pub state: RunState,
    /// Why, unless it succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// When it began, in milliseconds since 1970.
    pub began_unix_ms: u64,
    /// How long it took, compensation included, in microseconds.
    pub took_us: u64,
    /// The steps, in declared order.
    pub steps: Vec<StepReport>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Every step was done, or was skipped, or failed and was declared to `continue`.
    Succeeded,
    /// A step failed; what was done stands.
    Halted,
    /// A step failed or the caller went, and what was done is undone.
    Undone,
    /// As undone, but some of it could not be undone.
    PartlyUndone,
    /// The caller went, or a deadline passed; what was done stands.
    Cancelled,
}

/// Why a run or a step did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// The step, of a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The kind of the error.
    pub kind: Kind,
    /// Its code.
    pub code: String,
    /// What a caller may read of it.
    pub message: String,
}

impl Cause {
    pub(crate) fn of(error: &Error) -> Self {
        Cause {
            step: None,
            kind: error.kind(),
            code: error.code().to_owned(),
            message: error.public_message().to_owned(),
        }
    }

    pub(crate) fn at(mut self, step: &str) -> Self {
        self.step = Some(step.to_owned());
        self
    }
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepReport {
    /// Its name.
    pub name: String,
    /// What happened.
    pub state: StepState,
    /// How often it was tried.
    pub tries: u32,
    /// When it began, in microseconds since the run began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_us: Option<u64>,
    /// How long it took, waits between tries included, in microseconds.
    pub took_us: u64,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Why it was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// What became of its compensation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<UndoReport>,
}

/// What happened to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It did not start.
    NotStarted,
    /// It runs.
    Running,
    /// It was done.
    Done,
    /// Its condition said no, or what it needs was not there.
    Skipped,
    /// It failed, however often it was tried.
    Failed,
    /// It was at work when the caller went or a deadline passed.
    Cancelled,
}

impl fmt::Display for StepState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            StepState::NotStarted => "not started",
            StepState::Running => "running",
            StepState::Done => "done",
            StepState::Skipped => "skipped",
            StepState::Failed => "failed",
            StepState::Cancelled => "cancelled",
        })
    }
}

/// What became of a compensation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UndoReport {
    /// Whether the step is undone.
    pub done: bool,
    /// How often it was tried; 0 if there was no time left for it.
    pub tries: u32,
    /// How long it took, in microseconds.
    pub took_us: u64,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

/// What is noted while a plan runs.
pub(crate) struct Ledger {
    pub(crate) steps: Vec<Entry>,
    /// In the order in which they were done.
    pub(crate) done: Vec<usize>,
    /// The first failure that ends the plan.
    pub(crate) failure: Option<(usize, Cause)>,
}

/// What is noted of a step.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) state: StepState,
    pub(crate) tries: u32,
    pub(crate) began: Option<Duration>,
    pub(crate) took: Duration,
    pub(crate) cause: Option<Cause>,
    pub(crate) skipped: Option<String>,
    pub(crate) undo: Option<UndoReport>,
}

impl Ledger {
    pub(crate) fn new(steps: usize) -> Self {
        let entry = Entry {
            state: StepState::NotStarted,
            tries: 0,
            began: None,
            took: Duration::ZERO,
            cause: None,
            skipped: None,
            undo: None,
        };
        Ledger { steps: vec![entry; steps], done: Vec::new(), failure: None }
    }
}

pub(crate) fn micros(duration: Duration) -> u64 {
    duration.as_micros().try_into().unwrap_or(u64::MAX)
}

impl Report {
    pub(super) fn of(run: &super::state::Run, state: RunState, cause: Option<Cause>) -> Self {
        let ledger = run.ledger();
        let names = run.plan.steps().iter().map(super::Step::name);
        let steps = ledger.steps.iter().zip(names).map(|(entry, name)| StepReport {
            name: name.to_owned(),
            state: entry.state,
            tries: entry.tries,
            began_us: entry.began.map(micros),
            took_us: micros(entry.took),
            cause: entry.cause.clone(),
            skipped: entry.skipped.clone(),
            undo: entry.undo.clone(),
        });
        Report {
            plan: run.plan.name().to_owned(),
            run: run.id.clone(),
            parent: run.parent.clone(),
            state,
            cause,
            began_unix_ms: run
                .began_at
                .duration_since(SystemTime::UNIX_EPOCH)
                .map_or(0, |since| since.as_millis().try_into().unwrap_or(u64::MAX)),
            took_us: micros(run.app.env.now().saturating_duration_since(run.began)),
            steps: steps.collect(),
        }
    }

    /// The report of the step called `name`.
    pub fn step(&self, name: &str) -> Option<&StepReport> {
        self.steps.iter().find(|step| step.name == name)
    }

    /// How many steps are in `state`.
    pub fn count(&self, state: StepState) -> usize {
        self.steps.iter().filter(|step| step.state == state).count()
    }

    /// Whether the report is of a run of `plan`: the same name and the same steps.
    pub fn is_of(&self, plan: &Plan) -> bool {
        self.plan == plan.name()
            && self.steps.len() == plan.steps().len()
            && self.steps.iter().zip(plan.steps()).all(|(own, step)| own.name == step.name())
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            RunState::Succeeded => "succeeded",
            RunState::Halted => "halted",
            RunState::Undone => "undone",
            RunState::PartlyUndone => "partly undone",
            RunState::Cancelled => "cancelled",
        })
    }
}

/// For people: a line for the run, then one for each step.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} in {}", self.plan, self.state, time(self.took_us))?;
        if let Some(cause) = &self.cause {
            write!(f, ": {cause}")?;
        }
        let width = self.steps.iter().map(|step| step.name.chars().count()).max().unwrap_or(0);
        for step in &self.steps {
            write!(f, "\n  {:width$}  {step}", step.name)?;
        }
        Ok(())
    }
}

/// Without its name: `done in 12 ms, 2 tries; undone in 1 ms`.
impl fmt::Display for StepReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.state)?;
        if self.began_us.is_some() {
            write!(f, " in {}", time(self.took_us))?;
        }
        if self.tries > 1 {
            write!(f, ", {} tries", self.tries)?;
        }
        if let Some(cause) = &self.cause {
            write!(f, ": {cause}")?;
        }
        if let Some(skipped) = &self.skipped {
            write!(f, ": {skipped}")?;
        }
        match &self.undo {
            Some(UndoReport { done: true, took_us, .. }) => write!(f, "; undone in {}", time(*took_us)),
            Some(UndoReport { cause: Some(cause), .. }) => write!(f, "; not undone: {cause}"),
            Some(UndoReport { .. }) => f.write_str("; not undone"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(step) = &self.step {
            write!(f, "`{step}`: ")?;
        }
        write!(f, "{} [{}]", self.message, self.code)
    }
}

/// Microseconds as people read them: `870 µs`, `12 ms`, `3.2 s`.
pub fn time(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{} ms", us / 1_000),
        _ => format!("{}.{} s", us / 1_000_000, us % 1_000_000 / 100_000),
    }
}
