//! From tables to objects: who provides what, in which order, and the construction itself.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::sync::PoisonError;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::cells::{CellKind, Cells, Shared};
use super::key::AnySlot;
use super::need::{Form, Need};
use super::provider::{Made, Provider};
use crate::app::inner::Inner;
use crate::app::registry::Registry;
use crate::context::{Context, isolated};
use crate::error::Error;
use crate::wiring::node::Lifetime;

/// What the caller of a builder puts in place of providers.
#[derive(Default)]
pub(crate) struct Replacements {
    /// By the type's identity and the provider's name.
    pub(crate) shared: HashMap<(TypeId, Option<&'static str>), Replacement>,
    pub(crate) transient: HashMap<TypeId, (&'static str, MakeOwned)>,
}

impl Replacements {
    fn is_empty(&self) -> bool {
        self.shared.is_empty() && self.transient.is_empty()
    }

    /// Whether `provider` is never called.
    fn replaces(&self, provider: &Provider) -> bool {
        match provider.lifetime {
            Lifetime::Transient => self.transient.contains_key(&provider.slot.type_id()),
            _ => !provider.many && self.get(provider.slot, provider.named).is_some(),
        }
    }

    /// What stands in for the type of `slot` under this name.
    fn get(&self, slot: &AnySlot, named: Option<&'static str>) -> Option<&Replacement> {
        self.shared.get(&(slot.type_id(), named))
    }
}

/// Makes a transient in place of its provider.
pub(crate) type MakeOwned = Box<dyn Fn() -> Made + Send + Sync>;

pub(crate) struct Replacement {
    pub(crate) object: Shared,
    pub(crate) type_name: &'static str,
}

/// Who provides what in one application, before anything is built.
pub(crate) struct Graph {
    pub(crate) providers: Vec<&'static Provider>,
    /// What stands behind a slot, by the slot's number.
    sources: Table<Source>,
    /// Every slot that must lead somewhere, by number.
    slots: Table<&'static AnySlot>,
    /// The `All` slots: number, slot, members in declared order, and how to collect them.
    alls: Vec<AllOf>,
    pub(crate) scoped: Vec<&'static Provider>,
    pub(crate) transient: Vec<&'static Provider>,
    /// Imports of listed modules that nobody satisfies.
    pub(crate) missing: Vec<Missing>,
    /// Providers that nobody has a use for, since what needs them is replaced.
    idle: HashSet<usize>,
}

struct AllOf {
    slot: &'static AnySlot,
    members: Vec<Member>,
    collect: fn(&[Shared]) -> Option<Shared>,
}

enum Member {
    Provider(usize),
    Replacement(Shared),
}

/// What stands behind a slot.
#[derive(Clone)]
pub(crate) enum Source {
    Provider(usize),
    Replacement(Shared),
    All(usize),
}

/// An import that nobody satisfies.
pub(crate) struct Missing {
    pub(crate) module: &'static str,
    pub(crate) import: &'static str,
    pub(crate) of: std::any::TypeId,
}

impl AllOf {
    fn providers(&self) -> impl Iterator<Item = usize> {
        self.members.iter().filter_map(|member| match member {
            Member::Provider(index) => Some(*index),
            Member::Replacement(_) => None,
        })
    }
}

impl Graph {
    pub(crate) fn new(registry: &Registry, replacements: &Replacements) -> Self {
        let mut graph = Graph {
            providers: Vec::new(),
            sources: Table::default(),
            slots: Table::default(),
            alls: Vec::new(),
            scoped: Vec::new(),
            transient: Vec::new(),
            missing: Vec::new(),
            idle: HashSet::new(),
        };
        for (_, provider) in registry.providers() {
            let index = graph.providers.len();
            graph.providers.push(provider);
            let number = graph.slot(provider.slot);
            let replaced = replacements.get(provider.slot, provider.named);
            match replaced.filter(|_| !provider.many) {
                Some(replacement) => graph.sources.insert(number, Source::Replacement(replacement.object.clone())),
                None => graph.sources.insert(number, Source::Provider(index)),
            };
        }
        graph.link_imports(registry, replacements);
        registry.each_need(|need| {
            graph.slot(need.slot);
            if let Form::All { of, collect } = need.form {
                graph.collect(need, of, collect, replacements);
            }
        });
        if !replacements.is_empty() {
            graph.idle = graph.idle(registry, replacements);
        }
        graph
    }

    /// What is replaced, and what only that needs, directly or through others. What nobody needs at all is there for its own
    /// sake, and is no part of it.
    fn idle(&self, registry: &Registry, replacements: &Replacements) -> HashSet<usize> {
        let mut needed = HashSet::new();
        for provider in &self.providers {
            provider.needs.iter().for_each(|need| needed.extend(self.behind(need)));
        }
        let mut idle: HashSet<usize> = (0..self.providers.len()).collect();
        let mut used: Vec<usize> = idle.iter().copied().filter(|index| !needed.contains(index)).collect();
        registry.each_need_of_others(|need| used.extend(self.behind(need)));
        while let Some(index) = used.pop() {
            let provider = self.providers[index];
            if !replacements.replaces(provider) && idle.remove(&index) {
                provider.needs.iter().for_each(|need| used.extend(self.behind(need)));
            }
        }
        idle
    }

    /// The providers that serve `need`.
    fn behind(&self, need: &Need) -> Vec<usize> {
        match self.sources.get(need.slot.intern()) {
            Some(Source::Provider(index)) => vec![*index],
            Some(Source::All(index)) => self.alls[*index].providers().collect(),
            Some(Source::Replacement(_)) | None => Vec::new(),
        }
    }

    /// The sections of the configuration that nobody reads, since what needs them is replaced.
    pub(crate) fn unread(&self) -> Vec<&'static str> {
        let sections = |idle: bool| {
            let is_so = move |(index, _): &(usize, &&'static Provider)| self.idle.contains(index) == idle;
            let named = |(_, provider): (usize, &&'static Provider)| provider.section.map(|section| section.name);
            self.providers.iter().enumerate().filter(is_so).filter_map(named)
        };
        let read: HashSet<&str> = match self.idle.is_empty() {
            true => return Vec::new(),
            false => sections(false).collect(),
        };
        sections(true).filter(|name| !read.contains(name)).collect()
    }

    fn slot(&mut self, slot: &'static AnySlot) -> usize {
        let number = slot.intern();
        self.slots.insert(number, slot);
        number
    }

    /// Leads each import to the provider of a module that exports the type, through further imports if need be.
    fn link_imports(&mut self, registry: &Registry, replacements: &Replacements) {
        let mut exporters: HashMap<TypeId, usize> = HashMap::new();
        for module in registry.modules() {
            for export in module.exports {
                exporters.entry(export.slot.type_id()).or_insert_with(|| export.slot.intern());
            }
        }
        for module in registry.modules() {
            for import in module.imports {
                let number = self.slot(import.slot);
                let of = import.slot.type_id();
                let source = match replacements.shared.get(&(of, None)) {
                    Some(replacement) => Some(Source::Replacement(replacement.object.clone())),
                    None => self.export(of, number, &exporters, registry),
                };
                match source {
                    Some(source) => {
                        self.sources.insert(number, source);
                    }
                    None if import.optional => {}
                    None => self.missing.push(Missing { module: module.name, import: import.name, of }),
                }
            }
        }
    }

    fn export(
        &self,
        of: TypeId,
        importer: usize,
        exporters: &HashMap<TypeId, usize>,
        registry: &Registry,
    ) -> Option<Source> {
        let mut number = *exporters.get(&of)?;
        let mut seen = HashSet::from([importer]);
        loop {
            if let Some(source) = self.sources.get(number) {
                return Some(source.clone());
            }
            if !seen.insert(number) {
                return None;
            }
            // An export of something imported: look for another module that exports it.
            number = registry
                .modules()
                .flat_map(|module| module.exports)
                .map(|export| (export.slot.type_id(), export.slot.intern()))
                .find(|(other, at)| *other == of && !seen.contains(at))?
                .1;
        }
    }

    fn collect(
        &mut self,
        need: &Need,
        of: TypeId,
        collect: fn(&[Shared]) -> Option<Shared>,
        replacements: &Replacements,
    ) {
        let number = need.slot.intern();
        if self.sources.get(number).is_some() {
            return;
        }
        let mut members = Vec::new();
        let mut used = false;
        for (index, provider) in self.providers.iter().enumerate() {
            if provider.slot.type_id() != of {
                continue;
            }
            match replacements.shared.get(&(of, provider.named)).filter(|_| !provider.many) {
                Some(replacement) => {
                    used |= provider.named.is_none();
                    members.push(Member::Replacement(replacement.object.clone()));
                }
                None => members.push(Member::Provider(index)),
            }
        }
        if let Some(replacement) = replacements.shared.get(&(of, None))
            && !used
        {
            members.push(Member::Replacement(replacement.object.clone()));
        }
        self.sources.insert(number, Source::All(self.alls.len()));
        self.alls.push(AllOf { slot: need.slot, members, collect });
    }

    /// The largest slot number and one.
    pub(crate) fn size(&self) -> usize {
        self.slots.size()
    }

    /// Writes the cells that need nothing built: scoped and transient ones, and replacements. Returns the singletons
    /// that are left to build, each with what must be built before it.
    pub(crate) fn place(&mut self, cells: &Cells) -> Plan {
        let mut lifetimes = HashMap::new();
        for (index, provider) in self.providers.iter().enumerate() {
            let list = match provider.lifetime {
                Lifetime::Singleton => continue,
                Lifetime::Scoped => &mut self.scoped,
                Lifetime::Transient => &mut self.transient,
            };
            lifetimes.insert(index, list.len());
            list.push(provider);
        }
        let mut plan = Plan { size: self.providers.len() + self.alls.len(), ..Plan::default() };
        for (number, slot) in self.slots.iter() {
            match self.sources.get(number) {
                Some(Source::Replacement(object)) => fill(cells, slot, object),
                Some(Source::Provider(index)) => {
                    let provider = self.providers[*index];
                    match lifetimes.get(index).and_then(|at| CellKind::of(provider.lifetime, *at)) {
                        Some(kind) => {
                            cells.fill(slot, kind);
                        }
                        None if self.idle.contains(index) => {}
                        None => plan.waiting.push((Step(*index), *slot)),
                    }
                }
                Some(Source::All(_)) | None => {}
            }
        }
        // By step alone: the slots of one stay in their order.
        plan.waiting.sort_by_key(|(step, _)| *step);
        // `many` providers have a slot of their own and are in `waiting` by it, as every other.
        plan.steps = plan.waiting.iter().map(|(step, _)| *step).collect();
        plan.steps.dedup();
        let mut before = Vec::new();
        for step in &plan.steps {
            self.before(self.providers[step.0].needs, &mut before, &mut HashSet::new());
            plan.before.extend(before.drain(..).map(|earlier| (*step, earlier)));
        }
        for (index, all) in self.alls.iter().enumerate() {
            let step = self.all(index);
            plan.steps.push(step);
            let used = all.providers().filter(|index| !self.idle.contains(index));
            plan.before.extend(used.map(|index| (step, Step(index))));
        }
        plan.before.sort_unstable();
        plan.before.dedup();
        plan
    }

    /// The step that collects an `All`.
    fn all(&self, index: usize) -> Step {
        Step(self.providers.len() + index)
    }

    /// What must be there before something with these needs can be built: looks through transients, which are built
    /// on the way.
    fn before(&self, needs: &[Need], before: &mut Vec<Step>, seen: &mut HashSet<usize>) {
        for need in needs {
            match self.sources.get(need.slot.intern()) {
                Some(Source::All(index)) => {
                    before.push(self.all(*index));
                }
                Some(Source::Provider(index)) => {
                    let provider = self.providers[*index];
                    if provider.lifetime == Lifetime::Singleton {
                        before.push(Step(*index));
                    } else if seen.insert(*index) {
                        self.before(provider.needs, before, seen);
                    }
                }
                Some(Source::Replacement(_)) | None => {}
            }
        }
    }

    /// The chain of a cycle that only shows once `All` is resolved, or `None`.
    pub(crate) fn cycle(&self, plan: &Plan) -> Option<String> {
        let mut state = vec![None; plan.size];
        let mut path = Vec::new();
        plan.steps.iter().find_map(|step| self.walk(*step, plan, &mut state, &mut path))
    }

    /// `state`, by step: whether all behind it is seen, once it has been come to.
    fn walk(&self, step: Step, plan: &Plan, state: &mut [Option<bool>], path: &mut Vec<Step>) -> Option<String> {
        match state[step.0] {
            Some(true) => return None,
            Some(false) => {
                let from = path.iter().position(|other| *other == step).unwrap_or(0);
                let mut names: Vec<String> = path[from..].iter().map(|step| self.name(*step)).collect();
                names.push(self.name(step));
                return Some(names.join(" needs "));
            }
            None => {}
        }
        state[step.0] = Some(false);
        path.push(step);
        let found = of(&plan.before, step).find_map(|next| self.walk(next, plan, state, path));
        path.pop();
        state[step.0] = Some(true);
        found
    }

    fn name(&self, step: Step) -> String {
        match self.providers.get(step.0) {
            Some(provider) => format!("`{}` ({})", provider.name, provider.place),
            None => format!("`{}`", self.alls[step.0 - self.providers.len()].slot.type_name()),
        }
    }

    /// The members of every `All` that are no singletons: they cannot be in a list that is made once.
    pub(crate) fn short_lived_members(&self) -> impl Iterator<Item = (&'static str, &'static Provider)> + '_ {
        self.alls.iter().flat_map(|all| {
            let members = all.providers().map(|index| self.providers[index]);
            let short = members.filter(|provider| provider.lifetime != Lifetime::Singleton);
            short.map(|provider| (all.slot.type_name(), provider))
        })
    }
}

/// Something to do: a number for every provider, in declared order, and behind them one for every `All`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Step(usize);

/// What is to be built, and what before it. Sorted lists: an application is built once, and a tree for each question
/// would cost more than all answers.
#[derive(Default)]
pub(crate) struct Plan {
    /// What there is to do, in declared order.
    steps: Vec<Step>,
    /// The slots that wait for a provider's object.
    waiting: Vec<(Step, &'static AnySlot)>,
    /// For each step those before it; none is named twice.
    before: Vec<(Step, Step)>,
    /// One more than the largest step.
    size: usize,
}

/// What a list that is sorted by step has for `step`.
fn of<T: Copy>(sorted: &[(Step, T)], step: Step) -> impl Iterator<Item = T> {
    let start = sorted.partition_point(|(other, _)| *other < step);
    sorted[start..].iter().take_while(move |(other, _)| *other == step).map(|(_, it)| *it)
}

/// Something for each slot, by number. Numbers are dense, and an application is built from its tables in one go: no hash
/// and no tree.
struct Table<T>(Vec<Option<T>>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table(Vec::new())
    }
}

impl<T> Table<T> {
    fn get(&self, number: usize) -> Option<&T> {
        self.0.get(number)?.as_ref()
    }

    fn insert(&mut self, number: usize, value: T) {
        if number >= self.0.len() {
            self.0.resize_with(number + 1, || None);
        }
        self.0[number] = Some(value);
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.0.iter().enumerate().filter_map(|(number, value)| Some((number, value.as_ref()?)))
    }

    /// The largest number and one.
    fn size(&self) -> usize {
        self.0.len()
    }
}

fn fill(cells: &Cells, slot: &AnySlot, object: &Shared) {
    cells.fill(slot, CellKind::Single(object.clone()));
}

/// Builds every singleton, each as soon as what it needs is there, independent ones at the same time.
///
/// # Errors
/// Every provider that failed, with its name and place. What had been built stays in `app` and is disposed of by the
/// caller.
pub(crate) async fn singletons(app: &Inner, graph: &Graph, plan: Plan, cx: &Context) -> Result<(), Vec<Error>> {
    let Plan { steps, waiting, before, size } = plan;
    let mut left = vec![0; size];
    let mut after: Vec<(Step, Step)> = before.iter().map(|(step, earlier)| (*earlier, *step)).collect();
    after.sort_unstable();
    for (step, _) in &before {
        left[step.0] += 1;
    }
    let mut ready: Vec<Step> = steps.into_iter().filter(|step| left[step.0] == 0).collect();
    let mut built: Vec<Option<Shared>> = vec![None; graph.providers.len()];
    let mut running = FuturesUnordered::new();
    let mut errors = Vec::new();
    loop {
        // Declared order among those that are ready, so that two builds start alike.
        ready.sort_by(|a, b| b.cmp(a));
        while let Some(step) = ready.pop() {
            if !errors.is_empty() {
                break;
            }
            match graph.providers.get(step.0).copied() {
                Some(provider) => {
                    running.push(async move {
                        let what = Told(provider);
                        // Inside: a provider that is no async fn panics when it is called.
                        (step, isolated(what, async { (provider.build)(cx).await }).await)
                    });
                }
                None => {
                    let all = &graph.alls[step.0 - graph.providers.len()];
                    let members: Vec<Shared> = all
                        .members
                        .iter()
                        .filter_map(|member| match member {
                            Member::Provider(index) => built[*index].clone(),
                            Member::Replacement(object) => Some(object.clone()),
                        })
                        .collect();
                    if let Some(list) = (all.collect)(&members) {
                        fill(&app.cells, all.slot, &list);
                    }
                    done(step, &mut left, &after, &mut ready);
                    ready.sort_by(|a, b| b.cmp(a));
                }
            }
        }
        let Some((step, made)) = running.next().await else { break };
        let provider = graph.providers[step.0];
        match made {
            Ok(Made::Shared(object, disposal)) => {
                for slot in of(&waiting, step) {
                    fill(&app.cells, slot, &object);
                }
                if let Some(disposal) = disposal {
                    app.disposals.lock().unwrap_or_else(PoisonError::into_inner).push((provider.name, disposal));
                }
                built[step.0] = Some(object);
                done(step, &mut left, &after, &mut ready);
            }
            Ok(Made::Owned(_)) => errors.push(Error::internal(format!("`{}` is built as a transient", provider.name))),
            Err(error) => errors.push(failed(provider, error)),
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn done(step: Step, left: &mut [usize], after: &[(Step, Step)], ready: &mut Vec<Step>) {
    for next in of(after, step) {
        left[next.0] -= 1;
        if left[next.0] == 0 {
            ready.push(next);
        }
    }
}

/// A provider, as an error tells of it.
struct Told(&'static Provider);

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the provider of `{}` ({})", self.0.name, self.0.place)
    }
}

fn failed(provider: &'static Provider, error: Error) -> Error {
    if provider.section.is_some() {
        return error;
    }
    let told = Told(provider).to_string();
    // A panic has been told with the provider's name.
    let text = match error.message().starts_with(&told) {
        true => error.message().to_owned(),
        false => format!("{told} failed: {}", error.message()),
    };
    error.reworded(text).with_code("PT0202")
}
