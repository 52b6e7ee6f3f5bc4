//! What no compiler sees from inside one crate: checked at start before anything opens, in the test that `app!`
//! generates, and by `check`.

use std::any::TypeId;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::Blueprint;
use super::registry::{self, Registry};
use crate::config::{Config, Origin};
use crate::container::build::{Graph, Plan, Replacements};
use crate::container::cells::Cells;
use crate::entrypoint::RuntimeConfig;
use crate::module::{Entry, Module, NamedCall};
use crate::route::{self, Method, Route};
use crate::topic;
use crate::wiring::node::Lifetime;
use crate::wiring::place::Place;

/// Something that is wrong, or doubtful, with the wiring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Finding {
    /// Whether the application can start.
    pub severity: Severity,
    /// The code of the catalogue.
    pub code: Cow<'static, str>,
    /// What is wrong and what mends it.
    pub message: String,
    /// Where: all places that are involved, as `file:line`.
    pub places: Vec<String>,
}

/// How bad a [`Finding`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The application starts; somebody should look.
    Warning,
    /// The application does not start.
    Error,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{word}[{}]: {}", self.code, self.message)?;
        for place in &self.places {
            write!(f, "\n  --> {place}")?;
        }
        Ok(())
    }
}

/// Everything: what is wrong, and what is doubtful.
pub(super) fn verify(blueprint: &'static Blueprint) -> Vec<Finding> {
    let registry = Registry::new(blueprint.modules, blueprint.behaviors);
    let mut findings = declared(blueprint, &registry, None, &[]);
    unused(&registry, &mut findings);
    unlisted(blueprint, &mut findings);
    sort(&mut findings);
    findings
}

/// What a start found to be wrong, told as `check` tells it: of two the first is the one that was declared first.
pub(super) fn told(
    blueprint: &'static Blueprint,
    replacements: &Replacements,
    off: &[&'static Module],
) -> Vec<Finding> {
    declared(blueprint, &Registry::new(blueprint.modules, blueprint.behaviors), Some(replacements), off)
}

fn declared(
    blueprint: &'static Blueprint,
    registry: &Registry,
    replacements: Option<&Replacements>,
    off: &[&'static Module],
) -> Vec<Finding> {
    let none = Replacements::default();
    let mut graph = Graph::new(registry, replacements.unwrap_or(&none));
    let plan = graph.place(&Cells::new(graph.size()));
    errors(blueprint, registry, replacements, off, &graph, &plan)
}

/// What is wrong, so that the application cannot start; with the replacements of a build, or without, for the wiring
/// as it is declared, where nothing stands in for a fake. It looks at what the builder has made already: an application
/// of a thousand handlers is not sorted and linked twice.
pub(super) fn errors(
    blueprint: &'static Blueprint,
    registry: &Registry,
    replacements: Option<&Replacements>,
    off: &[&'static Module],
    graph: &Graph,
    plan: &Plan,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    module_names(blueprint, &mut findings);
    message_names(registry, &mut findings);
    contracts(registry, off, &mut findings);
    surroundings(blueprint, registry, &mut findings);
    topics(registry, &mut findings);
    routes(registry, &mut findings);
    methods(blueprint, registry, &mut findings);
    plans(registry, &mut findings);
    providers(blueprint, registry, replacements, off, graph, &mut findings);
    if let Some(chain) = graph.cycle(plan) {
        let message = format!("cycle: {chain}: none of them can be built first");
        findings.push(error("PT0109", message, [blueprint.place]));
    }
    sort(&mut findings);
    findings
}

/// What is doubtful where the configuration meets the wiring: a time that nobody is given. Nothing for a configuration that is wrong.
pub(super) fn with_config(blueprint: &'static Blueprint, config: &Config) -> Vec<Finding> {
    let (Ok(admission), Ok(runtime)) = (blueprint.check_config(config), config.section::<RuntimeConfig>()) else {
        return Vec::new();
    };
    let limit = runtime.timeout;
    if limit.is_zero() {
        return Vec::new();
    }
    let registry = Registry::new(blueprint.modules, blueprint.behaviors);
    let mut findings = Vec::new();
    let mut told = |kind: &str, name: String, own: u64, set: Option<Origin>, place: Place| {
        let own = Duration::from_millis(own);
        if own <= limit {
            return;
        }
        let here = config.origin(&["runtime", "timeout"]);
        let of = |origin: &Option<Origin>| origin.as_ref().map(|origin| format!(" ({origin})")).unwrap_or_default();
        let (whom, who) = match kind {
            "subscriber" => ("it", ""),
            _ => ("a message", ", unless its caller says more"),
        };
        let message = format!(
            "`{name}` may take {own:?}{}, and `runtime.timeout` gives {whom} {limit:?}{}{who}: raise `runtime.timeout`, or make \
             the timeout shorter",
            of(&set),
            of(&here),
        );
        let mut finding = finding(Severity::Warning, "PT0207", message, [place]);
        finding.places.extend([set, here].into_iter().flatten().filter_map(|origin| origin.line()));
        findings.push(finding);
    };
    for (_, handler) in registry.handlers().filter(|(_, handler)| matches!(handler.call, NamedCall::Once(_))) {
        let (info, name) = (handler.message, handler.full_name());
        let set = admission.0.as_ref().and_then(|overrides| overrides.of(info)?.timeout_ms);
        let keys = ["messages", name.as_str(), "timeout"];
        let origin = set.and_then(|_| config.origin(&keys));
        told("message", name.clone(), set.unwrap_or(handler.timeout_ms), origin, handler.place);
    }
    let subscribers = registry.entries().filter_map(|(module, entry)| match entry {
        Entry::Subscriber(subscriber) => Some((module, subscriber)),
        _ => None,
    });
    for (module, subscriber) in subscribers {
        let name = format!("{}.{}", module.name, subscriber.name);
        let set = admission.0.as_ref().and_then(|overrides| overrides.subscriber(subscriber.of)?.timeout_ms);
        let origin = set.and_then(|_| config.origin(&["subscribers", &name, "timeout"]));
        told("subscriber", name, set.unwrap_or(subscriber.timeout_ms), origin, subscriber.place);
    }
    sort(&mut findings);
    findings
}

fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.places.cmp(&b.places)));
}

fn error(code: &'static str, message: String, places: impl IntoIterator<Item = Place>) -> Finding {
    finding(Severity::Error, code, message, places)
}

fn finding(
    severity: Severity,
    code: &'static str,
    message: String,
    places: impl IntoIterator<Item = Place>,
) -> Finding {
    Finding {
        severity,
        code: code.into(),
        message,
        places: places.into_iter().map(|place| place.to_string()).collect(),
    }
}

/// Two spellings of one type, which a macro takes for two.
fn plans(registry: &Registry, findings: &mut Vec<Finding>) {
    for (_, code) in registry.plans() {
        if let Err(mistakes) = code.plan() {
            let message = format!("the plan `{}` cannot run: {}", code.name, mistakes.mistakes().join("; "));
            findings.push(error("PT0330", message, [code.place]));
        }
    }
}

fn module_names(blueprint: &Blueprint, findings: &mut Vec<Finding>) {
    let mut seen: HashMap<&str, Place> = HashMap::new();
    for module in blueprint.modules {
        if let Some(first) = seen.insert(module.name, module.place) {
            let message = format!("two modules of `{}` are named `{}`: rename one", blueprint.name, module.name);
            findings.push(error("PT0119", message, [first, module.place]));
        }
    }
}

fn message_names(registry: &Registry, findings: &mut Vec<Finding>) {
    let same = registry.namesakes();
    if same.is_empty() {
        return;
    }
    // Only what may have the name of another is looked at more closely, in declared order.
    let mut seen: BTreeMap<String, (TypeId, Place)> = BTreeMap::new();
    let all = registry
        .entries()
        .flat_map(|(module, entry)| registry::named(entry).map(move |(key, message)| (module, entry, key, message)));
    for (module, entry, _, message) in all.filter(|(_, _, key, _)| same.contains(key)) {
        let place = entry.place();
        let name = match entry {
            Entry::Handler(handler) => handler.full_name(),
            _ => message.full_name(),
        };
        let identity = message.of;
        match seen.get(&name) {
            Some((other, _)) if *other == identity && !matches!(entry, Entry::Handler(_)) => {}
            Some((other, first)) if *other == identity => {
                let message = format!("`{name}` is handled twice; module `{}` has the second handler", module.name);
                findings.push(error("PT0117", message, [*first, place]));
            }
            Some((_, first)) => {
                let text = format!(
                    "two messages are named `{name}`: give one another name, `#[command(name = \"..\")]`, or version"
                );
                findings.push(error("PT0118", text, [*first, place, message.place]));
            }
            None => {
                seen.insert(name, (identity, place));
            }
        }
    }
}

/// What the behaviors of an application, and its demand for authorization, ask of every handler.
fn surroundings(blueprint: &Blueprint, registry: &Registry, findings: &mut Vec<Finding>) {
    let reader = blueprint.behaviors.iter().find(|listed| listed.info.reads);
    if reader.is_none() && !blueprint.authorization {
        return;
    }
    for (_, handler) in registry.handlers() {
        if let Some(reader) = reader
            && !handler.copied
        {
            let message = format!(
                "the behavior `{}` reads every message while its handler owns it, and `{}` is not `Clone`: derive it",
                reader.info.name,
                handler.full_name()
            );
            findings.push(error("PT0164", message, [handler.message.place, blueprint.place]));
        }
        if blueprint.authorization && !handler.around.access.is_declared() {
            let message = format!(
                "`{}` requires authorization, and the handler of `{}` does not say who may send it: `#[handler(allow(\"role\"))]` or `#[handler(public)]`",
                blueprint.name,
                handler.full_name()
            );
            findings.push(error("PT0166", message, [handler.place]));
        }
    }
}

/// A subscriber whose pattern fits no topic of its events would never be told of one.
fn topics(registry: &Registry, findings: &mut Vec<Finding>) {
    for subscriber in registry.subscribers() {
        let Some(pattern) = subscriber.topic else { continue };
        let topics: Vec<String> = subscriber
            .events
            .iter()
            .map(|event| if event.topic.is_empty() { event.info.topic().to_string() } else { event.topic.to_owned() })
            .collect();
        if !topics.is_empty() && !topics.iter().any(|topic| topic::may_fit(pattern, topic)) {
            let message = format!(
                "`{}` listens to `{pattern}` and would be told of nothing: the topic of its event is `{}`",
                subscriber.name,
                topics.join("`, `")
            );
            findings.push(error("PT0152", message, [subscriber.place]));
        }
    }
}

/// Two routes on one method and path, whatever the names in the path are.
fn routes(registry: &Registry, findings: &mut Vec<Finding>) {
    let handlers = registry.handlers().flat_map(|(_, handler)| {
        let local = handler.message.local;
        handler.routes.iter().map(move |route| (route, local.then(|| handler.full_name())))
    });
    let mounted = registry.mounted().flat_map(|(_, mounted)| mounted.routes.iter().map(|route| (route, None)));
    let mut seen: HashMap<(Method, String), Place> = HashMap::new();
    let mut named: HashMap<String, &'static Route> = HashMap::new();
    for (route, local) in handlers.chain(mounted) {
        if let Some(message) = local {
            let text = format!("`{message}` is local, so no route leads to it: leave `local` out, or the route");
            findings.push(error("PT0405", text, [route.place]));
        }
        if let Some(first) = seen.insert((route.method, route::shape(route.path)), route.place) {
            let text = format!("two routes are on `{} {}`: give one another path", route.method, route.path);
            findings.push(error("PT0404", text, [first, route.place]));
        }
        let first = named.entry(route::shape(route.path)).or_insert(route);
        if first.path != route.path {
            let text =
                format!("one path has two names for a field, `{}` and `{}`: call it the same", first.path, route.path);
            findings.push(error("PT0408", text, [first.place, route.place]));
        }
    }
}

/// The demand for authorization, of the methods of controllers.
fn methods(blueprint: &Blueprint, registry: &Registry, findings: &mut Vec<Finding>) {
    if !blueprint.authorization {
        return;
    }
    for (_, mounted) in registry.mounted() {
        for route in mounted.routes.iter().filter(|route| !route.access.is_declared()) {
            let text = format!(
                "`{}` requires authorization, and `{}.{}` does not say who may call it: `allow(\"role\")` or `public`, on the controller or on its method",
                blueprint.name, mounted.name, route.name
            );
            findings.push(error("PT0166", text, [route.place]));
        }
    }
}

/// What mends what is missing since a module is switched off.
fn switch_on(module: &Module) -> String {
    format!("the module `{0}` does, and the configuration switches it off: `[modules] {0} = true`", module.name)
}

fn contracts(registry: &Registry, off: &[&'static Module], findings: &mut Vec<Finding>) {
    if registry.modules().all(|module| module.contracts.is_empty()) {
        return;
    }
    let handled: HashSet<TypeId> = registry.handlers().map(|(_, handler)| handler.message.of).collect();
    for module in registry.modules() {
        for contract in module.contracts {
            if !handled.contains(&contract.of) {
                let mut message = format!("no listed module handles the contract message `{}`", contract.full_name());
                let handles = |module: &&&Module| module.handles.iter().any(|handled| handled.of == contract.of);
                if let Some(module) = off.iter().find(handles) {
                    message = format!("{message}; {}", switch_on(module));
                }
                findings.push(error("PT0111", message, [contract.place]));
            }
        }
    }
}

fn providers(
    blueprint: &Blueprint,
    registry: &Registry,
    replacements: Option<&Replacements>,
    off: &[&'static Module],
    graph: &Graph,
    findings: &mut Vec<Finding>,
) {
    let (building, none) = (replacements.is_some(), Replacements::default());
    let replacements = replacements.unwrap_or(&none);
    for missing in &graph.missing {
        // By type: the application may write it otherwise than the module does.
        let fake = blueprint.fakes.iter().find(|fake| fake.of == missing.of);
        if fake.is_some() && !building {
            continue;
        }
        let message = match fake {
            Some(fake) => format!(
                "`{}` is declared as a fake and was not replaced: `builder().replace::<{}>(..)`",
                fake.name, fake.name
            ),
            None => {
                let exports =
                    |module: &&&Module| module.exports.iter().any(|export| export.slot.type_id() == missing.of);
                let lacks = format!("module `{}` imports `{}`, and", missing.module, missing.import);
                match off.iter().find(exports) {
                    Some(module) => format!("{lacks} none that is switched on exports it; {}", switch_on(module)),
                    None => format!("{lacks} no listed module exports it"),
                }
            }
        };
        findings.push(error("PT0110", message, [blueprint.place]));
    }
    for ((of, name), replacement) in &replacements.shared {
        let used = graph.providers.iter().any(|provider| provider.slot.type_id() == *of && provider.named == *name)
            || name.is_none()
                && registry.modules().flat_map(|module| module.imports).any(|import| import.slot.type_id() == *of);
        if !used {
            let named = name.map(|name| format!(" under the name `{name}`")).unwrap_or_default();
            let message =
                format!("`{}` is replaced{named}, and no listed module provides or imports it", replacement.type_name);
            findings.push(error("PT0113", message, [blueprint.place]));
        }
        let transient = graph
            .providers
            .iter()
            .find(|provider| provider.slot.type_id() == *of && provider.lifetime == Lifetime::Transient);
        if let Some(provider) = transient {
            let message = format!("`{}` is transient: replace it by `replace_transient(|| ..)`", replacement.type_name);
            findings.push(error("PT0113", message, [provider.place]));
        }
    }
    for (of, (name, _)) in &replacements.transient {
        let mut provided = graph.providers.iter().filter(|provider| provider.slot.type_id() == *of).peekable();
        if provided.peek().is_none() {
            let message = format!("`{name}` is replaced, and no listed module provides it");
            findings.push(error("PT0113", message, [blueprint.place]));
        }
        if let Some(provider) = provided.find(|provider| provider.lifetime != Lifetime::Transient) {
            let lifetime = provider.lifetime.name();
            let message =
                format!("{lifetime} `{name}` is replaced by `replace(Arc::new(..))`: one serves all who take it");
            findings.push(error("PT0113", message, [provider.place]));
        }
    }
    for (all, provider) in graph.short_lived_members().collect::<Vec<_>>() {
        let message = format!(
            "{} `{}` cannot be in `{all}`, which is made once: make it a singleton, or take it by itself",
            provider.lifetime.name(),
            provider.name
        );
        findings.push(error("PT0114", message, [provider.place]));
    }
}

/// A module that a listed one depends on and that is not listed itself: what it handles would run without what it needs.
fn unlisted(blueprint: &Blueprint, findings: &mut Vec<Finding>) {
    let mut told: HashSet<&str> = blueprint.modules.iter().map(|module| module.name).collect();
    for module in crate::module::LINKED {
        if told.insert(module.name) {
            let message = format!(
                "module `{}` is linked, and `{}` does not list it: its handlers have no name here, and what they need is not built",
                module.name, blueprint.name
            );
            findings.push(finding(Severity::Warning, "PT0116", message, [module.place]));
        }
    }
}

/// Providers that nobody asks for, exports that nobody imports are no mistake, but often a forgotten line.
fn unused(registry: &Registry, findings: &mut Vec<Finding>) {
    let mut asked: HashSet<usize> = HashSet::new();
    let mut all: HashSet<TypeId> = HashSet::new();
    registry.each_need(|need| {
        asked.insert(need.slot.intern());
        if let crate::container::need::Form::All { of, .. } = need.form {
            all.insert(of);
        }
    });
    asked.extend(registry.modules().flat_map(|module| module.exports).map(|export| export.slot.intern()));
    for (_, provider) in registry.providers() {
        if !asked.contains(&provider.slot.intern()) && !all.contains(&provider.slot.type_id()) {
            let message = format!("nobody asks for `{}`, and its module does not export it", provider.name);
            findings.push(finding(Severity::Warning, "PT0115", message, [provider.place]));
        }
    }
}
