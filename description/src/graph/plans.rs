//! Plans: a box for each step with what is declared of it, or with what became of it.

use std::collections::{HashMap, HashSet};

use super::{Arrow, Drawing, Kind, Node};
use crate::{Plan, Run, Step, StepRun};

/// Above this many steps an arrow that others say already is drawn all the same.
const MOST: usize = 500;

pub(super) fn of(plan: &Plan, run: Option<&Run>) -> Drawing {
    let title = match run {
        Some(run) => format!("{} {} in {}", plan.name, words(&run.state), time(run.took_us)),
        None => plan.name.clone(),
    };
    let nodes = plan.steps.iter().map(|step| {
        let ran = run.and_then(|run| run.steps.iter().find(|ran| ran.name == step.name));
        Node {
            label: step.name.clone(),
            details: ran.map_or_else(|| declared(step), became),
            docs: step.docs.trim().to_owned(),
            kind: ran.map_or(Kind::Step, kind),
            column: 0,
        }
    });
    Drawing { title, nodes: nodes.collect(), edges: arrows(plan) }
}

/// Those that no others say already, so that a picture stays one.
fn arrows(plan: &Plan) -> Vec<Arrow> {
    let place: HashMap<&str, usize> =
        plan.steps.iter().enumerate().map(|(number, step)| (step.name.as_str(), number)).collect();
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); plan.steps.len()];
    let mut all = Vec::new();
    for edge in &plan.edges {
        if let (Some(&from), Some(&to)) = (place.get(edge.from.as_str()), place.get(edge.to.as_str())) {
            next[from].push(to);
            all.push((from, to));
        }
    }
    if plan.steps.len() <= MOST {
        let is_said = |(from, to): (usize, usize)| {
            let mut open: Vec<usize> = next[from].iter().copied().filter(|other| *other != to).collect();
            let mut seen: HashSet<usize> = open.iter().copied().collect();
            while let Some(step) = open.pop() {
                if step == to {
                    return true;
                }
                open.extend(next[step].iter().copied().filter(|other| seen.insert(*other)));
            }
            false
        };
        all.retain(|edge| !is_said(*edge));
    }
    all.into_iter().map(|(from, to)| Arrow::new(from, to)).collect()
}

fn declared(step: &Step) -> Vec<String> {
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
    match (&step.compensate, step.on_failure.as_deref()) {
        (Some(undo), _) => lines.push(format!("undone by {undo}")),
        (None, None | Some("compensate")) => {}
        (None, Some(policy)) => lines.push(format!("on failure {policy}")),
    }
    lines
}

fn became(ran: &StepRun) -> Vec<String> {
    let mut lines = vec![match ran.began_us {
        Some(_) => format!("{} in {}", words(&ran.state), time(ran.took_us)),
        None => words(&ran.state),
    }];
    if ran.tries > 1 {
        lines.push(format!("{} tries", ran.tries));
    }
    if let Some(cause) = &ran.cause {
        lines.push(cause.code.clone());
    }
    if let Some(undo) = &ran.undo {
        lines.push(if undo.done { format!("undone in {}", time(undo.took_us)) } else { "not undone".to_owned() });
    }
    lines
}

fn kind(ran: &StepRun) -> Kind {
    match (&ran.undo, ran.state.as_str()) {
        (Some(_), _) => Kind::Undone,
        (None, "done") => Kind::Done,
        (None, "failed" | "cancelled") => Kind::Failed,
        _ => Kind::NotRun,
    }
}

/// `partly_undone` for people.
fn words(state: &str) -> String {
    state.replace('_', " ")
}

/// Microseconds as people read them: `870 µs`, `12 ms`, `3.2 s`.
fn time(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{} ms", us / 1_000),
        _ => format!("{}.{} s", us / 1_000_000, us % 1_000_000 / 100_000),
    }
}
