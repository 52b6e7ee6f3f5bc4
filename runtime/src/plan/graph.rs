//! From steps to an order: edges, levels, and everything that is wrong with them.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::step::{How, Step, Take};
use super::{MOST_STEPS, Model, PlanBuilder, Source};
use crate::error::{Error, Kind};
use crate::nearest::did_you_mean;

/// One step comes after another. Steps are numbered in declared order, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// The step that comes first.
    pub from: usize,
    /// The step that comes after it.
    pub to: usize,
    /// Why.
    pub why: Why,
}

/// Why a step comes after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It takes what the other gives.
    Data,
    /// `after` or `before` says so.
    Declared,
    /// It takes by value what the other takes shared.
    LastUse,
    /// The plan is sequential.
    Sequence,
}

/// What is wrong with a plan that was built by hand: everything at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    pub(crate) plan: String,
    pub(crate) mistakes: Vec<String>,
}

impl PlanError {
    /// One line for each mistake.
    pub fn mistakes(&self) -> &[String] {
        &self.mistakes
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the plan `{}` cannot run: {} [PT0330]", self.plan, self.mistakes.join("; "))
    }
}

/// `?` makes it an error of kind *internal*, code PT0330: a plan is part of the program.
impl From<PlanError> for Error {
    fn from(error: PlanError) -> Self {
        Error::new(Kind::Internal, error.to_string()).with_code("PT0330")
    }
}

pub(super) fn build(builder: PlanBuilder) -> Result<Model, PlanError> {
    let PlanBuilder { name, steps, input, output, limit, sequential, exclusive, undo_within } = builder;
    let mut graph = Graph { steps: &steps, input, edges: Vec::new(), seen: HashSet::new(), mistakes: Vec::new() };
    let names = graph.names();
    let sources = graph.sources();
    graph.data(&sources, output);
    graph.declared(&names);
    if sequential {
        (1..steps.len()).for_each(|to| graph.edge(to - 1, to, Why::Sequence));
    }
    let (followers, waits) = graph.lists();
    let levels = graph.levels(&followers, &waits);
    let Graph { edges, mut mistakes, .. } = graph;
    if steps.is_empty() {
        mistakes.push("it has no step".to_owned());
    }
    if steps.len() > MOST_STEPS {
        mistakes.push(format!("it has {} steps, and {MOST_STEPS} are the most", steps.len()));
    }
    if !mistakes.is_empty() {
        return Err(PlanError { plan: name.into_owned(), mistakes });
    }
    Ok(Model { name, steps, edges, followers, waits, levels, sources, input, limit, exclusive, undo_within })
}

struct Graph<'a> {
    steps: &'a [Step],
    input: Option<(TypeId, &'static str)>,
    edges: Vec<Edge>,
    seen: HashSet<(usize, usize)>,
    mistakes: Vec<String>,
}

impl Graph<'_> {
    /// One edge between two steps is enough; the first reason is kept.
    fn edge(&mut self, from: usize, to: usize, why: Why) {
        if self.seen.insert((from, to)) {
            self.edges.push(Edge { from, to, why });
        }
    }

    fn names(&mut self) -> HashMap<String, usize> {
        let mut names = HashMap::new();
        for (index, step) in self.steps.iter().enumerate() {
            if names.insert(step.name.to_string(), index).is_some() {
                self.mistakes.push(format!("two steps are called `{}`", step.name));
            }
        }
        names
    }

    fn sources(&mut self) -> HashMap<TypeId, Source> {
        let mut sources: HashMap<TypeId, Source> = self.input.iter().map(|(of, _)| (*of, Source::Input)).collect();
        for (index, step) in self.steps.iter().enumerate() {
            let Some((of, name)) = step.gives else { continue };
            match sources.get(&of).copied() {
                None => drop(sources.insert(of, Source::Step(index as u32))),
                Some(Source::Input) => {
                    self.mistakes.push(format!("`{}` gives `{name}`, which is the plan's input", step.name));
                }
                // Told where somebody takes it: of results that nobody takes there may be several of a type.
                Some(Source::Step(other)) => {
                    let other = &self.steps[other as usize].name;
                    if self.steps.iter().any(|step| step.takes.iter().any(|take| take.of == of)) {
                        self.mistakes.push(format!("`{other}` and `{}` both give `{name}`", step.name));
                    }
                }
            }
        }
        sources
    }

    fn data(&mut self, sources: &HashMap<TypeId, Source>, output: Option<(TypeId, &'static str)>) {
        let mut owners: HashMap<TypeId, usize> = HashMap::new();
        let mut readers: HashMap<TypeId, Vec<usize>> = HashMap::new();
        for (index, step) in self.steps.iter().enumerate() {
            for take in &step.takes {
                match sources.get(&take.of) {
                    None => self.mistakes.push(format!("`{}` takes `{}`, which no step gives", step.name, take.name)),
                    Some(Source::Input) => {}
                    Some(Source::Step(from)) => self.edge(*from as usize, index, Why::Data),
                }
                if take.how != How::Owned {
                    readers.entry(take.of).or_default().push(index);
                } else if let Some(other) = owners.insert(take.of, index) {
                    let other = &self.steps[other].name;
                    self.mistakes.push(format!("`{other}` and `{}` both take `{}` by value", step.name, take.name));
                }
                if take.how == How::Owned && step.retries > 0 {
                    let text = format!("`{}` is tried again and takes `{}` by value", step.name, take.name);
                    self.mistakes.push(text);
                }
            }
        }
        for (of, owner) in &owners {
            let from = readers.remove(of).unwrap_or_default();
            // In declared order, so that the same plan is the same each time.
            from.into_iter()
                .filter(|reader| reader != owner)
                .for_each(|reader| self.edge(reader, *owner, Why::LastUse));
        }
        if let Some((of, name)) = output {
            match (sources.get(&of), owners.get(&of)) {
                (Some(Source::Step(_)), None) => {}
                (Some(Source::Step(_)), Some(owner)) => {
                    let owner = &self.steps[*owner].name;
                    self.mistakes.push(format!("it answers with `{name}`, which `{owner}` takes by value"));
                }
                _ => self.mistakes.push(format!("it answers with `{name}`, which no step gives")),
            }
        }
        self.undos(sources, &owners);
    }

    /// What compensation takes must still be there.
    fn undos(&mut self, sources: &HashMap<TypeId, Source>, owners: &HashMap<TypeId, usize>) {
        for step in self.steps {
            for Take { of, name, .. } in &step.undo_takes {
                match (sources.get(of), owners.get(of)) {
                    (None, _) => {
                        self.mistakes.push(format!("what undoes `{}` takes `{name}`, which no step gives", step.name));
                    }
                    (Some(_), Some(owner)) => {
                        let owner = &self.steps[*owner].name;
                        let text = format!(
                            "what undoes `{}` takes `{name}`, which `{owner}` takes by value and so is gone",
                            step.name
                        );
                        self.mistakes.push(text);
                    }
                    _ => {}
                }
            }
        }
    }

    fn declared(&mut self, names: &HashMap<String, usize>) {
        for (index, step) in self.steps.iter().enumerate() {
            for (word, list) in [("after", &step.after), ("before", &step.before)] {
                for name in list {
                    match names.get(name.as_ref()) {
                        Some(other) if word == "after" => self.edge(*other, index, Why::Declared),
                        Some(other) => self.edge(index, *other, Why::Declared),
                        None => {
                            let near = did_you_mean(name, names.keys().map(String::as_str));
                            self.mistakes.push(format!("`{}` is {word} `{name}`, which is no step{near}", step.name));
                        }
                    }
                }
            }
        }
    }

    fn lists(&self) -> (Vec<Vec<u32>>, Vec<u32>) {
        let mut followers = vec![Vec::new(); self.steps.len()];
        let mut waits = vec![0; self.steps.len()];
        for edge in &self.edges {
            followers[edge.from].push(edge.to as u32);
            waits[edge.to] += 1;
        }
        followers.iter_mut().for_each(|list: &mut Vec<u32>| list.sort_unstable());
        (followers, waits)
    }

    /// One level behind the last of those that it comes after (Kahn). What is left over is in a cycle, or behind one.
    fn levels(&mut self, followers: &[Vec<u32>], waits: &[u32]) -> Vec<u32> {
        let mut waits = waits.to_vec();
        let mut levels = vec![0; self.steps.len()];
        let mut free: Vec<usize> = (0..self.steps.len()).filter(|step| waits[*step] == 0).collect();
        let mut placed = 0;
        while let Some(step) = free.pop() {
            placed += 1;
            for follower in followers[step].iter().map(|follower| *follower as usize) {
                levels[follower] = levels[follower].max(levels[step] + 1);
                waits[follower] -= 1;
                if waits[follower] == 0 {
                    free.push(follower);
                }
            }
        }
        if placed < self.steps.len() {
            let chain = self.cycle(&waits);
            self.mistakes.push(format!("cycle of steps: {chain}: none of them can be first"));
        }
        levels
    }

    /// From a step that still waits back to one that it waits for, until one comes twice.
    fn cycle(&self, waits: &[u32]) -> String {
        let before = |to: usize| self.edges.iter().find(|edge| edge.to == to && waits[edge.from] > 0);
        let mut chain: Vec<usize> = (0..waits.len()).find(|step| waits[*step] > 0).into_iter().collect();
        while let Some(edge) = chain.last().and_then(|last| before(*last)) {
            if let Some(start) = chain.iter().position(|step| *step == edge.from) {
                chain.drain(..start);
                break;
            }
            chain.push(edge.from);
        }
        chain.push(chain[0]);
        chain.reverse();
        let names: Vec<String> = chain.iter().map(|step| format!("`{}`", self.steps[*step].name)).collect();
        names.join(" -> ")
    }
}
