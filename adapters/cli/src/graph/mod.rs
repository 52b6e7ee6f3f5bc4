//! `graph`: pictures of plans, and of their runs with times. They are drawn from the description alone.

mod dot;
mod mermaid;
mod svg;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::Path;

use partitura_runtime::app::Blueprint;
use partitura_runtime::app::describe::{EdgeDescription, PlanDescription, StepDescription};
use partitura_runtime::nearest::did_you_mean;
use partitura_runtime::plan::{Report, StepReport, StepState, time};

use crate::exit;
use crate::world::World;

/// How a picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Mermaid,
    Dot,
    Svg,
}

impl Format {
    /// The names of all, for `--format`.
    pub(crate) const NAMES: [&'static str; 3] = ["mermaid", "dot", "svg"];

    /// By its name.
    pub(crate) fn named(name: &str) -> Format {
        match name {
            "dot" => Format::Dot,
            "svg" => Format::Svg,
            _ => Format::Mermaid,
        }
    }

    /// By the end of a file's name.
    pub(crate) fn of_file(file: &Path) -> Option<Format> {
        match file.extension()?.to_str()? {
            "svg" => Some(Format::Svg),
            "dot" | "gv" => Some(Format::Dot),
            "mmd" | "mermaid" => Some(Format::Mermaid),
            _ => None,
        }
    }
}

/// Draws one plan, or all of the application.
pub(crate) fn graph(blueprint: &'static Blueprint, name: Option<&String>, format: Format, world: &mut World<'_>) -> u8 {
    let plans = blueprint.describe().plans;
    let plans: Vec<&PlanDescription> = match name {
        None => plans.iter().collect(),
        Some(name) => match find(&plans, name) {
            Ok(plan) => vec![plan],
            Err(text) => {
                world.tell(text);
                return exit::NOT_FOUND;
            }
        },
    };
    if plans.is_empty() {
        world.tell(format_args!("{} has no plans", blueprint.name));
        return exit::DONE;
    }
    let pictures: Vec<Picture<'_>> = plans.iter().map(|plan| Picture { plan, report: None }).collect();
    if world.answer(draw(&pictures, format).trim_end()) { exit::DONE } else { exit::OUTPUT }
}

/// By the plan's name, or by that of its message.
fn find<'p>(plans: &'p [PlanDescription], name: &str) -> Result<&'p PlanDescription, String> {
    plans.iter().find(|plan| plan.name == name || plan.message == name).ok_or_else(|| {
        let near = did_you_mean(name, plans.iter().map(|plan| plan.name.as_str()));
        format!("no plan is named `{name}`{near}")
    })
}

/// What is drawn: a plan, and one run of it.
pub(crate) struct Picture<'p> {
    pub(crate) plan: &'p PlanDescription,
    pub(crate) report: Option<&'p Report>,
}

/// All of them in one picture.
pub(crate) fn draw(pictures: &[Picture<'_>], format: Format) -> String {
    match format {
        Format::Mermaid => mermaid::draw(pictures),
        Format::Dot => dot::draw(pictures),
        Format::Svg => svg::draw(pictures),
    }
}

impl<'p> Picture<'p> {
    fn step(&self, name: &str) -> Option<&'p StepReport> {
        self.report.and_then(|report| report.step(name))
    }

    /// The steps by level.
    fn levels(&self) -> Vec<Vec<&'p StepDescription>> {
        let steps = &self.plan.steps;
        let mut levels = vec![Vec::new(); steps.iter().map(|step| step.level as usize + 1).max().unwrap_or(0)];
        for step in steps {
            levels[step.level as usize].push(step);
        }
        levels
    }

    /// What is said below the name of a step: what is declared of it, or what became of it.
    fn lines(&self, step: &StepDescription) -> Vec<String> {
        match self.step(&step.name) {
            Some(report) => ran(report),
            None => declared(step),
        }
    }

    /// The name of the plan, and how it ended.
    fn title(&self) -> String {
        match self.report {
            Some(report) => format!("{} {} in {}", self.plan.name, report.state, time(report.took_us)),
            None => self.plan.name.clone(),
        }
    }

    /// The edges that no others say already, so that a picture stays one.
    fn edges(&self) -> Vec<&'p EdgeDescription> {
        const MOST: usize = 500;
        let edges: Vec<&EdgeDescription> = self.plan.edges.iter().collect();
        if self.plan.steps.len() > MOST {
            return edges;
        }
        let mut from: HashMap<&str, Vec<&str>> = HashMap::new();
        for edge in &edges {
            from.entry(&edge.from).or_default().push(&edge.to);
        }
        let level: HashMap<&str, u32> = self.plan.steps.iter().map(|step| (step.name.as_str(), step.level)).collect();
        let reaches = |start: &str, end: &str| {
            let mut open = vec![start];
            let mut seen: Vec<&str> = Vec::new();
            while let Some(step) = open.pop() {
                for next in from.get(step).into_iter().flatten().filter(|next| level[**next] <= level[end]) {
                    if *next == end {
                        return true;
                    }
                    if !seen.contains(next) {
                        seen.push(next);
                        open.push(next);
                    }
                }
            }
            false
        };
        let is_said = |edge: &&EdgeDescription| {
            let others = from.get(edge.from.as_str()).into_iter().flatten().filter(|other| ***other != *edge.to);
            others.into_iter().any(|other| reaches(other, &edge.to))
        };
        edges.into_iter().filter(|edge| !is_said(edge)).collect()
    }
}

fn declared(step: &StepDescription) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(when) = &step.when {
        lines.push(format!("when {when}"));
    }
    let mut tries = Vec::new();
    if step.retries > 0 {
        tries.push(format!("{} tries", step.retries + 1));
    }
    if let Some(timeout) = step.timeout_ms {
        tries.push(format!("at most {}", time(timeout.saturating_mul(1_000))));
    }
    if !tries.is_empty() {
        lines.push(tries.join(", "));
    }
    match (&step.compensate, step.on_failure) {
        (Some(undo), _) => lines.push(format!("undone by {undo}")),
        (None, partitura_runtime::plan::OnFailure::Compensate) => {}
        (None, policy) => lines.push(format!("on failure {policy}")),
    }
    lines
}

fn ran(report: &StepReport) -> Vec<String> {
    let mut lines = vec![match report.began_us {
        Some(_) => format!("{} in {}", report.state, time(report.took_us)),
        None => report.state.to_string(),
    }];
    if report.tries > 1 {
        lines.push(format!("{} tries", report.tries));
    }
    if let Some(cause) = &report.cause {
        lines.push(cause.code.clone());
    }
    if let Some(undo) = &report.undo {
        lines.push(if undo.done { format!("undone in {}", time(undo.took_us)) } else { "not undone".to_owned() });
    }
    lines
}

/// The colour of a step: its frame, and what is in it.
fn colors(report: Option<&StepReport>) -> (&'static str, &'static str) {
    match report {
        None => ("#5b6b7f", "#eef2f7"),
        Some(StepReport { undo: Some(_), .. }) => ("#a86a1f", "#fbf0df"),
        Some(report) => match report.state {
            StepState::Done => ("#3d7f4c", "#e6f4e9"),
            StepState::Failed => ("#b23b3b", "#fae5e5"),
            StepState::Cancelled => ("#b23b3b", "#f7ecec"),
            StepState::Skipped | StepState::NotStarted | StepState::Running => ("#9aa3ad", "#f5f6f7"),
        },
    }
}
