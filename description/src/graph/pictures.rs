//! From a description to boxes and arrows.

use std::collections::BTreeMap;

use super::{Arrow, Drawing, Kind, Node, Of};
use crate::{Access, Description, Handler, Module, Need, count};

/// One picture; plans are drawn elsewhere.
pub(super) fn of(what: Of, described: &Description) -> Drawing {
    let mut drawing = match what {
        Of::Dependencies => dependencies(described),
        Of::Messages => messages(described),
        Of::Routes => routes(described),
        Of::Modules | Of::Plans => modules(described),
    };
    drawing.title = format!("{}: {}", described.application.name, what.name());
    drawing
}

/// Modules in declared order. An arrow goes from who asks to who gives.
fn modules(described: &Description) -> Drawing {
    let mut drawing = Drawing::default();
    let messages = |module: &str| {
        let own = described.messages.iter().filter(|message| message.handlers.iter().any(|it| it.module == module));
        own.count()
    };
    for module in &described.modules {
        let detail = match messages(&module.name) {
            0 => String::new(),
            number => count(number, "message"),
        };
        drawing.nodes.push(Node::new(&module.name, Kind::Module).detail(detail));
    }
    let mut arrows: BTreeMap<(usize, usize, bool), Vec<String>> = BTreeMap::new();
    for (asks, module) in described.modules.iter().enumerate() {
        for import in &module.imports {
            let gives = |other: &Module| other.exports.iter().any(|ty| same(ty, &import.ty));
            if let Some(gives) = described.modules.iter().position(gives) {
                let mark = if import.optional { "?" } else { "" };
                arrows.entry((asks, gives, import.optional)).or_default().push(format!("{}{mark}", import.ty));
            }
        }
        // A contract is declared in one module and answered in another.
        for contract in &module.handles {
            let declares = |other: &Module| other.contracts.contains(contract);
            if let Some(declares) = described.modules.iter().position(declares) {
                arrows.entry((asks, declares, true)).or_default().push(format!("answers {}", last(contract)));
            }
        }
    }
    drawing.edges = arrows.into_iter().map(|((from, to, dashed), label)| Arrow { from, to, label, dashed }).collect();
    drawing
}

/// Handlers and providers, each with an arrow to what it needs.
fn dependencies(described: &Description) -> Drawing {
    let mut drawing = Drawing::default();
    for provider in &described.providers {
        let kind = match provider.lifetime.as_str() {
            "scoped" => Kind::Scoped,
            "transient" => Kind::Transient,
            _ => Kind::Singleton,
        };
        let named = provider.named.as_ref().map(|name| format!(" \"{name}\"")).unwrap_or_default();
        let detail = if last(&provider.by) == last(&provider.ty) {
            provider.module.clone()
        } else {
            format!("by {}", provider.by)
        };
        drawing.nodes.push(Node::new(format!("{}{named}", provider.ty), kind).detail(detail));
    }
    let mut needs: Vec<(usize, &Need)> = Vec::new();
    for (number, provider) in described.providers.iter().enumerate() {
        needs.extend(provider.needs.iter().map(|need| (number, need)));
    }
    for handler in handlers(described) {
        drawing.nodes.push(Node::new(&handler.name, Kind::Handler).detail(&handler.module));
        needs.extend(handler.needs.iter().map(|need| (drawing.nodes.len() - 1, need)));
    }
    for (from, need) in needs {
        let mut given: Vec<usize> = Vec::new();
        given.extend((0..described.providers.len()).filter(|at| same(&described.providers[*at].ty, &need.ty)));
        if given.is_empty() && need.ty != "Context" {
            let missing = drawing.nodes.iter().position(|node| node.kind == Kind::Missing && node.label == need.ty);
            given.push(missing.unwrap_or_else(|| {
                drawing.nodes.push(Node::new(&need.ty, Kind::Missing));
                drawing.nodes.len() - 1
            }));
        }
        // Steps of a plan may each need the same.
        given.retain(|to| drawing.edges.iter().all(|edge| (edge.from, edge.to) != (from, *to)));
        drawing.edges.extend(given.into_iter().map(|to| Arrow::new(from, to)));
    }
    without_loose_ends(drawing)
}

/// Routes, messages, handlers.
fn messages(described: &Description) -> Drawing {
    let mut drawing = Drawing::default();
    // Messages stand below each other, whether a route leads to them or not.
    let column = usize::from(described.routes.iter().any(|route| route.message.is_some()));
    for message in &described.messages {
        let kind = kind(&message.kind);
        let own = drawing.nodes.len();
        drawing.nodes.push(Node::new(&message.name, kind).detail(&message.kind).column(column));
        for handler in &message.handlers {
            let is_it =
                |it: &Node| it.kind == Kind::Handler && it.label == handler.name && it.details == [&*handler.module];
            let at = drawing.nodes.iter().position(is_it).unwrap_or_else(|| {
                drawing.nodes.push(Node::new(&handler.name, Kind::Handler).detail(&handler.module));
                drawing.nodes.len() - 1
            });
            let pattern = described.topics.iter().find(|topic| topic.subscriber.place == handler.place);
            let label = pattern.map(|topic| topic.pattern.clone()).into_iter().collect();
            drawing.edges.push(Arrow { from: own, to: at, label, dashed: kind == Kind::Event });
        }
        for route in described.routes.iter().filter(|route| route.message.as_ref() == Some(&message.name)) {
            drawing.nodes.push(Node::new(format!("{} {}", route.method, route.path), Kind::Route));
            drawing.edges.push(Arrow::new(drawing.nodes.len() - 1, own));
        }
    }
    drawing
}

/// Paths and what they lead to.
fn routes(described: &Description) -> Drawing {
    let mut drawing = Drawing::default();
    let mut leads: BTreeMap<String, usize> = BTreeMap::new();
    for route in &described.routes {
        let message = described.messages.iter().find(|message| route.message.as_ref() == Some(&message.name));
        let target = route.target().to_owned();
        let access = Access::words(described.access(route));
        drawing.nodes.push(Node::new(format!("{} {}", route.method, route.path), Kind::Route).detail(access));
        let from = drawing.nodes.len() - 1;
        let to = *leads.entry(target.clone()).or_insert_with(|| {
            let kind = message.map_or(Kind::Handler, |message| kind(&message.kind));
            drawing.nodes.push(Node::new(target, kind).detail(&route.module));
            drawing.nodes.len() - 1
        });
        drawing.edges.push(Arrow::new(from, to));
    }
    drawing
}

/// Each handler once: one that takes several events stands at each.
fn handlers(described: &Description) -> Vec<&Handler> {
    let mut all: Vec<&Handler> = Vec::new();
    let topics = described.topics.iter().map(|topic| &topic.subscriber);
    for handler in described.messages.iter().flat_map(|message| &message.handlers).chain(topics) {
        if all.iter().all(|other| (&other.name, &other.place) != (&handler.name, &handler.place)) {
            all.push(handler);
        }
    }
    all
}

fn kind(word: &str) -> Kind {
    match word {
        "query" => Kind::Query,
        "event" => Kind::Event,
        _ => Kind::Command,
    }
}

/// Boxes without any arrow say nothing of dependencies, if there are others: what the framework itself provides, mostly.
fn without_loose_ends(mut drawing: Drawing) -> Drawing {
    let is_tied = |at: usize| drawing.edges.iter().any(|edge| edge.from == at || edge.to == at);
    let kept: Vec<bool> = (0..drawing.nodes.len()).map(is_tied).collect();
    if !kept.contains(&true) {
        return drawing;
    }
    let places: Vec<usize> = (0..kept.len()).map(|at| kept[..at].iter().filter(|kept| **kept).count()).collect();
    let mut flags = kept.iter();
    drawing.nodes.retain(|_| flags.next().is_some_and(|kept| *kept));
    for edge in &mut drawing.edges {
        (edge.from, edge.to) = (places[edge.from], places[edge.to]);
    }
    drawing
}

/// Types as written: with or without the path before the name.
fn same(one: &str, other: &str) -> bool {
    let bare = |ty: &str| {
        let (dynamic, rest) = ty.strip_prefix("dyn ").map_or(("", ty), |rest| ("dyn ", rest));
        let name = rest.split('<').next().unwrap_or(rest).rsplit("::").next().unwrap_or(rest);
        format!("{dynamic}{name}{}", rest.find('<').map_or("", |at| &rest[at..]))
    };
    one == other || bare(one) == bare(other)
}

fn last(name: &str) -> &str {
    name.rsplit(['.', ':']).next().unwrap_or(name)
}
