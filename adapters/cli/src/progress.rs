//! What plans do, while they do it: a live tree on a terminal, one line per step otherwise; and the report at the end.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use partitura_runtime::app::App;
use partitura_runtime::plan::{Progress, Report, RunState, StepState, Watch, time};

use crate::told::{one_line, tame};
use crate::world::{Notes, World};

/// How many steps of a plan have a line of their own in the tree.
const MOST: usize = 50;

/// Shows what the plans of `app` do until it is dropped.
#[must_use = "nothing is shown once it is dropped"]
pub(crate) fn watch(app: &App, world: &World<'_>) -> Watch {
    let shown = Mutex::new(Shown {
        notes: world.notes.clone(),
        tree: world.is_terminal.then(MultiProgress::new),
        runs: HashMap::new(),
        known: HashSet::new(),
    });
    app.plans().watch(move |progress| shown.lock().unwrap_or_else(PoisonError::into_inner).hear(progress))
}

struct Shown {
    notes: Notes,
    tree: Option<MultiProgress>,
    runs: HashMap<String, Run>,
    /// The runs of which some may be the parents of others.
    known: HashSet<String>,
}

/// One run.
struct Run {
    name: String,
    depth: usize,
    steps: usize,
    ended: usize,
    head: Option<ProgressBar>,
    bars: HashMap<String, ProgressBar>,
}

impl Shown {
    fn hear(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Began { plan, run, parent } => {
                let depth = parent.and_then(|parent| self.runs.get(parent)).map_or(0, |around| around.depth + 1);
                let head = self.tree.as_ref().map(|tree| bar(tree, "{msg}", depth));
                let own = Run {
                    name: plan.name().to_owned(),
                    depth,
                    steps: plan.steps().len(),
                    ended: 0,
                    head,
                    bars: HashMap::new(),
                };
                own.count();
                self.known.insert((*run).to_owned());
                self.runs.insert((*run).to_owned(), own);
            }
            Progress::StepBegan { run, step, tried } => {
                let Some(own) = self.runs.get_mut(*run) else { return };
                if let Some(tree) = self.tree.as_ref().filter(|_| own.bars.len() < MOST) {
                    let depth = own.depth + 1;
                    let bar = own
                        .bars
                        .entry((*step).to_owned())
                        .or_insert_with(|| bar(tree, "{spinner} {msg} {elapsed}", depth));
                    bar.enable_steady_tick(Duration::from_millis(120));
                    bar.set_message(if *tried > 1 { format!("{step}, try {tried}") } else { (*step).to_owned() });
                } else if *tried > 1 && self.tree.is_none() {
                    (self.notes)(&format!("{}{}: {step}: try {tried}", indent(own.depth), own.name));
                }
            }
            Progress::StepEnded { run, step, state, tries, took, cause } => {
                let Some(own) = self.runs.get_mut(*run) else { return };
                own.ended += 1;
                own.count();
                let took = time(took.as_micros().try_into().unwrap_or(u64::MAX));
                let mut text = format!("{step} {state}");
                if *state != StepState::Skipped {
                    text.push_str(&format!(" in {took}"));
                }
                if *tries > 1 {
                    text.push_str(&format!(", {tries} tries"));
                }
                if let Some(cause) = cause {
                    text.push_str(&format!(": {}", one_line(&cause.to_string())));
                }
                self.line(run, step, &text);
            }
            Progress::UndoBegan { .. } => {}
            Progress::UndoEnded { run, step, cause } => {
                let text = match cause {
                    None => format!("{step} undone"),
                    Some(cause) => format!("{step} not undone: {}", one_line(&cause.to_string())),
                };
                self.line(run, step, &text);
            }
            Progress::Ended { report } => self.end(report),
            _ => {}
        }
    }

    /// In place of the step's line in the tree, or as a line of its own.
    fn line(&self, run: &str, step: &str, text: &str) {
        let Some(own) = self.runs.get(run) else { return };
        match (&self.tree, own.bars.get(step)) {
            (Some(_), Some(bar)) => {
                bar.set_style(style("{msg}", own.depth + 1));
                bar.finish_with_message(text.to_owned());
            }
            (Some(_), None) => {}
            (None, _) => (self.notes)(&format!("{}{}: {text}", indent(own.depth), own.name)),
        }
    }

    /// The tree goes, and the report stays. Of a plan within another only a failure is told again.
    fn end(&mut self, report: &Report) {
        let Some(own) = self.runs.remove(&report.run) else { return };
        if let Some(tree) = &self.tree {
            own.head.iter().chain(own.bars.values()).for_each(|bar| {
                bar.finish_and_clear();
                tree.remove(bar);
            });
        }
        let is_inner = report.parent.as_ref().is_some_and(|parent| self.known.contains(parent));
        if self.runs.is_empty() {
            self.known.clear();
        }
        if is_inner && report.state == RunState::Succeeded {
            return;
        }
        let text = tame(&report.to_string()).into_owned();
        match &self.tree {
            Some(tree) => tree.suspend(|| (self.notes)(&text)),
            None => (self.notes)(&text),
        }
    }
}

impl Run {
    fn count(&self) {
        if let Some(head) = &self.head {
            head.set_message(format!("{} {}/{}", self.name, self.ended, self.steps));
        }
    }
}

fn bar(tree: &MultiProgress, template: &str, depth: usize) -> ProgressBar {
    let bar = tree.add(ProgressBar::new_spinner());
    bar.set_style(style(template, depth));
    bar
}

/// A template that does not parse would be a defect here; the default shows the same.
fn style(template: &str, depth: usize) -> ProgressStyle {
    let style = ProgressStyle::with_template(&format!("{}{template}", indent(depth)));
    style.unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

/// Notes on the error stream of the process.
pub(crate) fn to_stderr() -> Notes {
    Arc::new(|text| eprintln!("{text}"))
}
