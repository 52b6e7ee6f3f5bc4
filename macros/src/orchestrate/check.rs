//! What is wrong with the order of steps: each mistake in a small fn.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::ToTokens;

use super::model::{How, Orchestration, Parameter, Source, Step};
use crate::support::name::did_you_mean;
use crate::support::sink::Sink;
use crate::support::spans;

/// One step comes after another, since something says so.
struct Edge {
    from: usize,
    to: usize,
    says: TokenStream,
    /// Whether `after` or `before` does.
    declared: bool,
}

pub(super) fn check(plan: &Orchestration, sink: &mut Sink) {
    let names = names(plan, sink);
    let mut edges = data(plan);
    edges.extend(declared(plan, &names, sink));
    if plan.sequential {
        let each = plan.steps.iter().enumerate().skip(1);
        edges.extend(each.map(|(to, step)| Edge {
            from: to - 1,
            to,
            says: step.name.to_token_stream(),
            declared: false,
        }));
    }
    let order = Order::new(plan.steps.len(), &edges);
    if let Some(cycle) = order.cycle(&edges) {
        tell_cycle(plan, &edges, &cycle, sink);
        return;
    }
    owners(plan, &order, sink);
    undos(plan, &order, sink);
}

/// `fn a`, and again `fn a`: the compiler tells it of fns, and nobody of a plan that is used.
fn names(plan: &Orchestration, sink: &mut Sink) -> HashMap<String, usize> {
    let mut names = HashMap::new();
    for (index, step) in plan.steps.iter().enumerate() {
        if names.insert(step.name.to_string(), index).is_some() {
            sink.at(&step.name, format!("two steps are called `{}` [PT0186]", step.name));
        }
    }
    names
}

fn data(plan: &Orchestration) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (to, step) in plan.steps.iter().enumerate() {
        for parameter in step.takes() {
            if let Parameter::Data { whole, source: Source::Step(from), .. } = parameter {
                edges.push(Edge { from: *from, to, says: whole.to_token_stream(), declared: false });
            }
        }
    }
    edges
}

/// `after = migrat`.
fn declared(plan: &Orchestration, names: &HashMap<String, usize>, sink: &mut Sink) -> Vec<Edge> {
    let mut edges = Vec::new();
    let all: Vec<String> = plan.steps.iter().map(|step| step.name.to_string()).collect();
    for (index, step) in plan.steps.iter().enumerate() {
        for (is_after, name) in
            step.after.iter().map(|name| (true, name)).chain(step.before.iter().map(|name| (false, name)))
        {
            match names.get(&name.to_string()) {
                Some(other) => {
                    let (from, to) = if is_after { (*other, index) } else { (index, *other) };
                    edges.push(Edge { from, to, says: name.to_token_stream(), declared: true });
                }
                None => {
                    let all: Vec<&str> = all.iter().map(String::as_str).collect();
                    let near = did_you_mean(&name.to_string(), &all);
                    let near = if near.is_empty() { format!("; its steps are {}", list(&all)) } else { near };
                    sink.at(name, format!("this plan has no step `{name}`{near} [PT0181]"));
                }
            }
        }
    }
    edges
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// `a` after `c`, `c` after `b`, `b` after `a`: the chain, at one `after` of it if there is one.
fn tell_cycle(plan: &Orchestration, edges: &[Edge], cycle: &[usize], sink: &mut Sink) {
    let name = |step: usize| format!("`{}`", plan.steps[step].name);
    let chain: Vec<String> = cycle.iter().map(|edge| name(edges[*edge].from)).collect();
    let chain = format!("{} -> {}", chain.join(" -> "), name(edges[cycle[0]].from));
    let at = cycle.iter().rev().find(|edge| edges[**edge].declared).or(cycle.last());
    let Some(at) = at.map(|edge| &edges[*edge]) else { return };
    let text = match (cycle.len(), at.declared) {
        (1, true) => format!("{} cannot come after itself [PT0180]", name(at.to)),
        (1, false) => format!("{} takes what only it gives [PT0180]", name(at.to)),
        _ => format!("cycle of steps: {chain}: none of them can be first [PT0180]"),
    };
    sink.at(&at.says, text);
}

/// Two steps that take one value by value; and one that takes by reference what is gone by then.
fn owners(plan: &Orchestration, order: &Order, sink: &mut Sink) {
    let mut owners: HashMap<Source, usize> = HashMap::new();
    let each = |step: &Step| -> Vec<(Source, How, TokenStream, String)> {
        let data = step.takes().filter_map(|parameter| match parameter {
            Parameter::Data { ty, whole, how, source } => {
                Some((*source, *how, whole.to_token_stream(), spans::text(ty)))
            }
            Parameter::Injected(_) => None,
        });
        data.collect()
    };
    for (index, step) in plan.steps.iter().enumerate() {
        for (source, how, whole, text) in each(step) {
            if how != How::Owned {
                continue;
            }
            if let Some(first) = owners.get(&source) {
                let first = &plan.steps[*first].name;
                sink.at(whole, format!(
                    "`{first}` takes `{text}` by value, too, and there is one: let all but the last take `&{text}` [PT0185]"
                ));
            } else {
                owners.insert(source, index);
            }
        }
    }
    for (index, step) in plan.steps.iter().enumerate() {
        for (source, how, whole, text) in each(step) {
            let Some(owner) = owners.get(&source).filter(|_| how != How::Owned) else { continue };
            if *owner == index || order.comes_after(index, *owner) {
                let owner = &plan.steps[*owner].name;
                sink.at(whole, format!(
                    "`{owner}` takes `{text}` by value, so that it is gone when `{}` runs: let `{owner}` take `&{text}` [PT0185]",
                    step.name
                ));
            }
        }
    }
    if let Some(output) = &plan.output {
        let given = plan
            .steps
            .iter()
            .position(|step| step.gives.as_ref().is_some_and(|ty| spans::text(ty) == spans::text(output)));
        if let Some(owner) = given.and_then(|step| owners.get(&Source::Step(step))) {
            let (owner, text) = (&plan.steps[*owner].name, spans::text(output));
            sink.at(output, format!(
                "the plan answers with `{text}`, which `{owner}` takes by value: let `{owner}` take `&{text}` [PT0185]"
            ));
        }
    }
    for (index, step) in plan.steps.iter().enumerate() {
        let Some(undo) = &step.undo else { continue };
        for parameter in &undo.parameters {
            let Parameter::Data { ty, whole, source, .. } = parameter else { continue };
            if let Some(owner) = owners.get(source).filter(|owner| **owner != index || *source != Source::Step(index)) {
                let (owner, text) = (&plan.steps[*owner].name, spans::text(ty));
                sink.at(whole, format!(
                    "`{owner}` takes `{text}` by value, so that it is gone when `{}` is undone: let `{owner}` take `&{text}` [PT0184]",
                    step.name
                ));
            }
        }
    }
}

/// A compensation that takes what its step does not give, and what need not be there by then.
fn undos(plan: &Orchestration, order: &Order, sink: &mut Sink) {
    for (index, step) in plan.steps.iter().enumerate() {
        let Some(undo) = &step.undo else { continue };
        for parameter in &undo.parameters {
            let Parameter::Data { ty, whole, how, source: Source::Step(from) } = parameter else { continue };
            if *from != index && *how != How::Maybe && !order.comes_after(index, *from) {
                let (text, other) = (spans::text(ty), &plan.steps[*from].name);
                let gives = match &step.gives {
                    Some(ty) => format!("gives `{}`", spans::text(ty)),
                    None => "gives nothing".to_owned(),
                };
                sink.at(whole, format!(
                    "`{}` undoes `{}`, which {gives}; `{text}` is what `{other}` gives, which need not have run: take what the step gives or takes [PT0184]",
                    undo.name, step.name
                ));
            }
        }
    }
}

/// Which step comes after which.
struct Order {
    from: Vec<Vec<(usize, usize)>>,
}

impl Order {
    fn new(steps: usize, edges: &[Edge]) -> Order {
        let mut from = vec![Vec::new(); steps];
        for (index, edge) in edges.iter().enumerate() {
            from[edge.to].push((edge.from, index));
        }
        Order { from }
    }

    /// Whether `later` comes after `first`, through whatever others.
    fn comes_after(&self, later: usize, first: usize) -> bool {
        let mut seen = vec![false; self.from.len()];
        let mut open = vec![later];
        while let Some(step) = open.pop() {
            for (before, _) in &self.from[step] {
                if *before == first {
                    return true;
                }
                if !std::mem::replace(&mut seen[*before], true) {
                    open.push(*before);
                }
            }
        }
        false
    }

    /// The edges of a cycle, in order.
    fn cycle(&self, edges: &[Edge]) -> Option<Vec<usize>> {
        // Whoever comes after nobody that is left is taken away, until nobody is left or a cycle is.
        let mut waits: Vec<usize> = self.from.iter().map(Vec::len).collect();
        let mut followers = vec![Vec::new(); waits.len()];
        edges.iter().for_each(|edge| followers[edge.from].push(edge.to));
        let mut free: Vec<usize> = (0..waits.len()).filter(|step| waits[*step] == 0).collect();
        while let Some(step) = free.pop() {
            for to in &followers[step] {
                waits[*to] -= 1;
                if waits[*to] == 0 {
                    free.push(*to);
                }
            }
        }
        let start = waits.iter().position(|waits| *waits > 0)?;
        let (mut way, mut steps) = (Vec::new(), vec![start]);
        loop {
            let last = *steps.last()?;
            let (before, edge) = *self.from[last].iter().find(|(before, _)| waits[*before] > 0)?;
            way.push(edge);
            if let Some(at) = steps.iter().position(|step| *step == before) {
                way.drain(..at);
                way.reverse();
                return Some(way);
            }
            steps.push(before);
        }
    }
}
