//! What changed between two descriptions, in the words of whoever uses the application.

mod access;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::{Access, Description, Handler, Key, Message, Route};

/// What a change means for those who rely on the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// More may do something than before, or a secret is one no more: somebody should look.
    Security,
    /// Whoever sends the message, reads the reply, calls the route or starts the program as before may fail.
    Breaking,
    /// Nobody has to do anything.
    Compatible,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Mark::Security => "security",
            Mark::Breaking => "breaking",
            Mark::Compatible => "compatible",
        })
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it means.
    pub mark: Mark,
    /// What happened, always one of the same words: `route added`, `field required`.
    pub what: &'static str,
    /// To what, and how: `POST /accounts`, `accounts.Close was allow(admin), is public`.
    pub text: String,
}

/// `breaking    message removed: accounts.Close`
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<10}  {}: {}", self.mark, self.what, self.text)
    }
}

/// Whether somebody should look before this is released: something breaks, or opens.
pub fn is_breaking(changes: &[Change]) -> bool {
    changes.iter().any(|change| change.mark != Mark::Compatible)
}

/// All changes: security first, then what breaks, each in the order of names.
pub fn changes(old: &Description, new: &Description) -> Vec<Change> {
    let mut changes = Changes::default();
    messages(old, new, &mut changes);
    routes(old, new, &mut changes);
    configuration(old, new, &mut changes);
    if old.requires_authorization && !new.requires_authorization {
        let text = "handlers need not say any more who may send their messages".to_owned();
        changes.push(Mark::Security, "authorization loosened", text);
    }
    inside(old, new, &mut changes);
    changes.0.sort_by_key(|change| change.mark);
    changes.0
}

/// What is found on the way.
#[derive(Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn push(&mut self, mark: Mark, what: &'static str, text: String) {
        self.0.push(Change { mark, what, text });
    }

    /// What is in both, and what is on one side only, by name.
    fn compare<T>(
        &mut self,
        old: &BTreeMap<String, T>,
        new: &BTreeMap<String, T>,
        removed: (Mark, &'static str),
        added: (Mark, &'static str),
        mut both: impl FnMut(&mut Self, &str, &T, &T),
    ) {
        for name in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            match (old.get(name), new.get(name)) {
                (Some(_), None) => self.push(removed.0, removed.1, name.clone()),
                (None, Some(_)) => self.push(added.0, added.1, name.clone()),
                (Some(old), Some(new)) => both(self, name, old, new),
                (None, None) => {}
            }
        }
    }
}

fn messages(old: &Description, new: &Description, changes: &mut Changes) {
    let of = |described: &Description| -> BTreeMap<String, Message> {
        // Nobody outside can name a local one.
        let known = described.messages.iter().filter(|message| !message.local);
        known.map(|message| (message.name.clone(), message.clone())).collect()
    };
    let (removed, added) = ((Mark::Breaking, "message removed"), (Mark::Compatible, "message added"));
    changes.compare(&of(old), &of(new), removed, added, message);
}

fn message(changes: &mut Changes, name: &str, old: &Message, new: &Message) {
    if old.kind != new.kind {
        let text = format!("{name} was a {}, is a {}", old.kind, new.kind);
        changes.push(Mark::Breaking, "kind changed", text);
    }
    schema::input(changes, name, old.schema.as_ref(), new.schema.as_ref());
    reply(changes, name, old, new);
    if old.kind == "event" || new.kind == "event" {
        let of = |message: &Message| -> BTreeMap<String, ()> {
            message.handlers.iter().map(|it| (format!("{}::{} of {name}", it.module, it.name), ())).collect()
        };
        let (removed, added) = ((Mark::Compatible, "subscriber removed"), (Mark::Compatible, "subscriber added"));
        changes.compare(&of(old), &of(new), removed, added, |_, _, (), ()| {});
        return;
    }
    let [was, is] = [old, new].map(|message| message.handlers.first());
    if let (Some(was), Some(is)) = (was, is) {
        handler(changes, name, was, is);
    }
}

fn handler(changes: &mut Changes, name: &str, old: &Handler, new: &Handler) {
    access::compare(changes, name, old.access.as_ref(), new.access.as_ref());
    if old.idempotent && !new.idempotent {
        let text = format!("{name} was idempotent: whoever sends it again must not any more");
        changes.push(Mark::Breaking, "repetition refused", text);
    }
}

fn reply(changes: &mut Changes, name: &str, old: &Message, new: &Message) {
    let streams = |message: &Message| message.handlers.iter().any(|handler| handler.streams);
    let words = |message: &Message| {
        let ty = message.reply.clone().unwrap_or_else(|| "nothing".to_owned());
        if streams(message) { format!("a stream of {ty}") } else { ty }
    };
    if streams(old) != streams(new) {
        let text = format!("{name} was {}, is {}", words(old), words(new));
        return changes.push(Mark::Breaking, "reply changed", text);
    }
    match (&old.reply_schema, &new.reply_schema) {
        (Some(before), Some(after)) => schema::reply(changes, name, before, after),
        _ if old.reply != new.reply => {
            let text = format!("{name} was {}, is {}", words(old), words(new));
            changes.push(Mark::Breaking, "reply changed", text);
        }
        _ => {}
    }
}

fn routes(old: &Description, new: &Description, changes: &mut Changes) {
    type Own<'d> = (&'d Route, Option<&'d Access>);
    fn of(described: &Description) -> BTreeMap<String, Own<'_>> {
        let name = |route: &Route| format!("{} {}", route.method.to_uppercase(), route.path);
        described.routes.iter().map(|route| (name(route), (route, route.access.as_ref()))).collect()
    }
    let (removed, added) = ((Mark::Breaking, "route removed"), (Mark::Compatible, "route added"));
    changes.compare(&of(old), &of(new), removed, added, |changes, name, (was, before), (is, after)| {
        if was.target() != is.target() {
            let text = format!("{name} led to {}, leads to {}", was.target(), is.target());
            // The fn of a controller is nobody's but its own: its name may change.
            let mark = if was.message.is_some() || is.message.is_some() { Mark::Breaking } else { Mark::Compatible };
            changes.push(mark, "route leads elsewhere", text);
        }
        // That of a message is told of the message.
        if was.controller.is_some() && is.controller.is_some() {
            access::compare(changes, name, *before, *after);
        }
    });
}

fn configuration(old: &Description, new: &Description, changes: &mut Changes) {
    let of = |described: &Description| -> BTreeMap<String, Key> {
        let keys = |section: &crate::Section| -> Vec<(String, Key)> {
            section.keys.iter().map(|key| (format!("{}.{}", section.name, key.name), key.clone())).collect()
        };
        described.configuration.iter().flat_map(keys).collect()
    };
    let (before, after) = (of(old), of(new));
    // A key that nobody knows keeps an application from starting, and so does one that is not set.
    let removed = (Mark::Breaking, "configuration key removed");
    changes.compare(
        &before,
        &after,
        removed,
        (Mark::Compatible, "configuration key added"),
        |changes, name, was, is| {
            match (was.required, is.required) {
                (false, true) => changes.push(Mark::Breaking, "configuration key required", name.to_owned()),
                (true, false) => changes.push(Mark::Compatible, "configuration key optional", name.to_owned()),
                _ => {}
            }
            if was.secret && !is.secret {
                changes.push(Mark::Security, "configuration key no longer secret", name.to_owned());
            }
        },
    );
    for change in &mut changes.0 {
        if change.what == "configuration key added" && after.get(&change.text).is_some_and(|key| key.required) {
            (change.mark, change.what) = (Mark::Breaking, "configuration key required");
        }
    }
}

/// What nobody outside relies on.
fn inside(old: &Description, new: &Description, changes: &mut Changes) {
    let own = Mark::Compatible;
    let modules = |described: &Description| -> BTreeMap<String, String> {
        described.modules.iter().map(|it| (it.name.clone(), it.exports.join(", "))).collect()
    };
    let otherwise = |what: &'static str| {
        move |changes: &mut Changes, name: &str, was: &String, is: &String| {
            if was != is {
                changes.push(own, what, format!("{name} was [{was}], is [{is}]"));
            }
        }
    };
    let (removed, added) = ((own, "module removed"), (own, "module added"));
    changes.compare(&modules(old), &modules(new), removed, added, otherwise("exports changed"));
    let providers = |described: &Description| -> BTreeMap<String, String> {
        let name = |it: &crate::Provider| {
            let named = it.named.as_ref().map(|name| format!(" \"{name}\"")).unwrap_or_default();
            format!("{}{named} by {}::{}", it.ty, it.module, it.by)
        };
        described.providers.iter().map(|it| (name(it), it.lifetime.clone())).collect()
    };
    let (removed, added) = ((own, "provider removed"), (own, "provider added"));
    changes.compare(&providers(old), &providers(new), removed, added, otherwise("lifetime changed"));
    let topics = |described: &Description| -> BTreeMap<String, String> {
        let name = |it: &crate::Topic| format!("{}::{} of {}", it.subscriber.module, it.subscriber.name, it.pattern);
        described.topics.iter().map(|it| (name(it), String::new())).collect()
    };
    let (removed, added) = ((own, "subscriber removed"), (own, "subscriber added"));
    changes.compare(&topics(old), &topics(new), removed, added, otherwise("subscriber changed"));
    let plans = |described: &Description| -> BTreeMap<String, String> {
        let steps = |it: &crate::Plan| {
            let steps: Vec<&str> = it.steps.iter().map(|step| step.name.as_str()).collect();
            let edges: Vec<String> = it.edges.iter().map(|edge| format!("{} before {}", edge.from, edge.to)).collect();
            format!("{}; {}", steps.join(", "), edges.join(", "))
        };
        described.plans.iter().map(|it| (it.name.clone(), steps(it))).collect()
    };
    let (removed, added) = ((own, "plan removed"), (own, "plan added"));
    changes.compare(&plans(old), &plans(new), removed, added, otherwise("steps changed"));
    if old.behaviors != new.behaviors {
        let [was, is] = [old, new].map(|described| described.behaviors.join(", "));
        changes.push(own, "behaviors changed", format!("were [{was}], are [{is}]"));
    }
}

/// A field of an object: `accounts.Open.owner.name`.
fn inner(name: &str, field: &str) -> String {
    format!("{name}.{field}")
}

/// The names in a list of texts.
fn names(value: Option<&Value>) -> BTreeSet<String> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
