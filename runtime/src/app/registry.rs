//! What the listed modules registered, in declared order, and how a name finds its handler.

use std::any::TypeId;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::behavior::Listed;
use crate::by_type::ByType;
use crate::container::need::Need;
use crate::container::provider::Provider;
use crate::error::{Error, Result};
use crate::event::AnyEvent;
use crate::message::MessageInfo;
use crate::module::{Entry, Handler, Module, Mounted, Subscriber};
use crate::nearest::did_you_mean;
use crate::overrides::Overrides;
use crate::plan::PlanCode;
use crate::topic::{Matcher, Pattern};
use crate::wiring::place::Place;

/// The tables of one application. A value, never a global: another application in the process has its own.
pub(crate) struct Registry {
    modules: Vec<(&'static Module, Vec<&'static Entry>)>,
    behaviors: &'static [Listed],
    /// Sorted by the hash of the name without version, then by version. A thousand names are a few pages of memory and
    /// no text is built for them: an application starts faster than its names could be formatted.
    handlers: Vec<(u64, &'static Handler)>,
    /// In declared order.
    subscribers: Vec<Subscribed>,
    /// Those of an event without a pattern, in declared order.
    by_event: ByType<Vec<usize>>,
    by_topic: Option<Matcher<usize>>,
}

/// A subscriber and the module that it belongs to.
pub(crate) struct Subscribed {
    pub(crate) module: &'static str,
    pub(crate) entry: &'static Subscriber,
}

/// `module.fn`.
impl fmt::Display for Subscribed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.module, self.entry.name)
    }
}

impl Registry {
    /// Everything in declared order, which is what people are told.
    pub(crate) fn new(modules: &[&'static Module], behaviors: &'static [Listed]) -> Self {
        Registry::of(modules, behaviors, in_declared_order)
    }

    /// For an application that starts: only what it follows in declared order comes in that order. Of a thousand handlers the
    /// order is nobody's concern until something has to be told of them, and to sort them was a seventh of a start.
    pub(crate) fn at_start(modules: &[&'static Module], behaviors: &'static [Listed]) -> Self {
        Registry::of(modules, behaviors, |entries| {
            let is_called = |entry: &&Entry| matches!(entry, Entry::Handler(handler) if handler.plan.is_none());
            let (mut entries, others): (Vec<_>, Vec<_>) = entries.iter().partition(is_called);
            entries.extend(sorted(others));
            entries
        })
    }

    fn of(
        modules: &[&'static Module],
        behaviors: &'static [Listed],
        order: fn(&'static [Entry]) -> Vec<&'static Entry>,
    ) -> Self {
        let mut registry = Registry {
            modules: Vec::new(),
            behaviors,
            handlers: Vec::new(),
            subscribers: Vec::new(),
            by_event: ByType::default(),
            by_topic: None,
        };
        for module in modules {
            let entries = order(module.entries.entries());
            for entry in &entries {
                match entry {
                    Entry::Handler(handler) => registry.handlers.push((handler.name_hash, handler)),
                    Entry::Subscriber(entry) => registry.subscribers.push(Subscribed { module: module.name, entry }),
                    Entry::Provider(_) | Entry::Mounted(_) => {}
                }
            }
            registry.modules.push((module, entries));
        }
        registry.listen(None);
        // Two of one name and version do not come this far at run time: `verify` refuses them. The version is read, from
        // another page of memory, only where the names are equal.
        registry.handlers.sort_unstable_by(|(one, a), (other, b)| {
            one.cmp(other).then_with(|| a.message.version.cmp(&b.message.version))
        });
        registry
    }

    /// Says who is told of which event: by their declarations, and by what the configuration says in their place.
    pub(crate) fn listen(&mut self, overrides: Option<&Overrides>) {
        let mut patterns = Vec::new();
        self.by_event.clear();
        for (index, Subscribed { entry, .. }) in self.subscribers.iter().enumerate() {
            let own = overrides.and_then(|overrides| overrides.subscriber(entry.of));
            if own.is_some_and(|own| own.off) {
                continue;
            }
            let topic = own.and_then(|own| own.topic.clone()).map(Cow::Owned).or(entry.topic.map(Cow::Borrowed));
            match topic {
                // A pattern that is none is refused by the compiler, or where the configuration is read.
                Some(topic) => patterns.extend(Pattern::new(topic).ok().map(|topic| (topic, index))),
                None if entry.events.is_empty() => patterns.push((Pattern::literal("#"), index)),
                None => {
                    for event in entry.events {
                        self.by_event.entry(event.info.of).or_default().push(index);
                    }
                }
            }
        }
        self.by_topic = (!patterns.is_empty()).then(|| Matcher::new(patterns));
    }

    /// Every handler of events, in declared order.
    pub(crate) fn subscribed(&self) -> &[Subscribed] {
        &self.subscribers
    }

    pub(crate) fn modules(&self) -> impl Iterator<Item = &'static Module> + '_ {
        self.modules.iter().map(|(module, _)| *module)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'static Module, &'static Entry)> + '_ {
        self.modules.iter().flat_map(|(module, entries)| entries.iter().map(|entry| (*module, *entry)))
    }

    pub(crate) fn providers(&self) -> impl Iterator<Item = (&'static Module, &'static Provider)> + '_ {
        self.entries().filter_map(|(module, entry)| match entry {
            Entry::Provider(provider) => Some((module, provider)),
            _ => None,
        })
    }

    pub(crate) fn handlers(&self) -> impl Iterator<Item = (&'static Module, &'static Handler)> + '_ {
        self.entries().filter_map(|(module, entry)| match entry {
            Entry::Handler(handler) => Some((module, handler)),
            _ => None,
        })
    }

    pub(crate) fn plans(&self) -> impl Iterator<Item = (&'static Module, &'static PlanCode)> + '_ {
        self.handlers().filter_map(|(module, handler)| handler.plan.map(|plan| (module, plan)))
    }

    pub(crate) fn subscribers(&self) -> impl Iterator<Item = &'static Subscriber> + '_ {
        self.entries().filter_map(|(_, entry)| match entry {
            Entry::Subscriber(subscriber) => Some(subscriber),
            _ => None,
        })
    }

    /// What is declared for the entrypoint `onto`.
    pub(crate) fn mounted(&self) -> impl Iterator<Item = (&'static Module, &'static Mounted)> + '_ {
        self.entries().filter_map(|(module, entry)| match entry {
            Entry::Mounted(mounted) => Some((module, mounted)),
            _ => None,
        })
    }

    /// Asks for what all of them need, the application's behaviors and its entrypoints.
    pub(crate) fn each_need(&self, ask: impl FnMut(&'static Need)) {
        self.each_need_of(|_| true, ask);
    }

    /// As [`Registry::each_need`], without what providers need.
    pub(crate) fn each_need_of_others(&self, ask: impl FnMut(&'static Need)) {
        self.each_need_of(|entry| !matches!(entry, Entry::Provider(_)), ask);
    }

    fn each_need_of(&self, whose: impl Fn(&Entry) -> bool, mut ask: impl FnMut(&'static Need)) {
        let entries = self.entries().filter(|(_, entry)| whose(entry));
        entries.for_each(|(_, entry)| entry.each_need(&mut ask));
        self.behaviors.iter().flat_map(|listed| listed.info.needs).for_each(&mut ask);
        crate::entrypoint::NEEDS.iter().for_each(ask);
    }

    /// Everybody who declared that they listen to `event`, in declared order.
    pub(crate) fn each_subscriber<'r>(&'r self, event: &AnyEvent, mut tell: impl FnMut(&'r Subscribed)) {
        let of = event.info().of;
        let by_event = self.by_event.get(&of).map_or(&[][..], Vec::as_slice);
        let Some(matcher) = &self.by_topic else {
            return by_event.iter().for_each(|index| tell(&self.subscribers[*index]));
        };
        let takes = |index: &usize| {
            let events = self.subscribers[*index].entry.events;
            events.is_empty() || events.iter().any(|event| event.info.of == of)
        };
        let mut found: Vec<usize> = matcher.matches(event.topic()).copied().filter(takes).collect();
        found.extend(by_event);
        found.sort_unstable();
        found.dedup();
        found.into_iter().for_each(|index| tell(&self.subscribers[index]));
    }

    /// What handlers and events of more than one may be called: each name's hash and version. It hashes and sorts the
    /// events only, which are few; the handlers are sorted by their names already.
    pub(crate) fn namesakes(&self) -> HashSet<NameKey> {
        let key = |(hash, handler): &(u64, &Handler)| (*hash, handler.message.version);
        let handlers = self.handlers.windows(2).filter(|two| two[0].0 == two[1].0);
        let mut same: HashSet<NameKey> =
            handlers.filter(|two| key(&two[0]) == key(&two[1])).map(|two| key(&two[0])).collect();
        let mut events = HashSet::new();
        let subscribed: HashMap<TypeId, &MessageInfo> = self
            .subscribers
            .iter()
            .flat_map(|subscribed| subscribed.entry.events)
            .map(|event| (event.info.of, event.info))
            .collect();
        for event in subscribed.into_values() {
            let name = event_key(event);
            // Subscribers of one event have its name together, and are under one type.
            if !events.insert(name) || self.handlers.binary_search_by_key(&name, key).is_ok() {
                same.insert(name);
            }
        }
        same
    }

    /// The handler of `module.Type` (the newest version) or `module.Type@version`.
    pub(crate) fn find(&self, name: &str) -> Result<&'static Handler> {
        self.find_among(name, |_| true)
    }

    /// As [`Registry::find`], as if there were only those handlers that are `seen`: what a caller may not send is told as what is
    /// not there, near names included.
    pub(crate) fn find_among(&self, name: &str, seen: impl Fn(&Handler) -> bool) -> Result<&'static Handler> {
        let (base, version) = match name.rsplit_once('@') {
            Some((base, version)) => (base, Some(version)),
            None => (name, None),
        };
        let hash = hash(&[base]);
        let start = self.handlers.partition_point(|(other, _)| *other < hash);
        let versions = self.handlers[start..].iter().take_while(|(other, _)| *other == hash);
        let mut versions =
            versions.map(|(_, handler)| *handler).filter(|handler| handler.is_named(base) && seen(handler)).peekable();
        if versions.peek().is_none() {
            return Err(self.unknown(name, &seen));
        }
        let found = match version {
            None => versions.clone().last(),
            Some(version) => version
                .parse()
                .ok()
                .and_then(|version: u32| versions.clone().find(|handler| handler.message.version == version)),
        };
        match found {
            Some(handler) if !handler.message.local => Ok(handler),
            Some(_) => Err(Error::not_found(format!(
                "`{name}` is local: it is reachable from code only, since its type says `local`"
            ))
            .with_code("PT0307")),
            None => {
                let mut known: Vec<String> =
                    versions.map(|handler| format!("`{base}@{}`", handler.message.version)).collect();
                known.dedup();
                Err(Error::not_found(format!("no message is named `{name}`; there is {}", known.join(", ")))
                    .with_code("PT0307"))
            }
        }
    }

    #[cold]
    fn unknown(&self, name: &str, seen: impl Fn(&Handler) -> bool) -> Error {
        let reachable = self.handlers.iter().filter(|(_, handler)| !handler.message.local && seen(handler));
        let mut names: Vec<String> = reachable.map(|(_, handler)| handler.base_name()).collect();
        names.sort();
        names.dedup();
        let hint = did_you_mean(name, names.iter().map(String::as_str));
        let hint = if hint.is_empty() { "; `ls` lists all names".to_owned() } else { hint };
        Error::not_found(format!("no message is named `{name}`{hint}")).with_code("PT0307")
    }
}

/// The linker's order means nothing.
pub(super) fn in_declared_order(entries: &'static [Entry]) -> Vec<&'static Entry> {
    sorted(entries.iter().collect())
}

/// What is compared is a number for each place: to read the places themselves at every comparison takes longer than all else
/// that is done with the tables.
fn sorted(entries: Vec<&'static Entry>) -> Vec<&'static Entry> {
    let mut files: Vec<&'static str> = entries.iter().map(|entry| entry.place().file).collect();
    files.dedup_by(|one, other| std::ptr::eq::<str>(*one, *other));
    files.sort_unstable();
    files.dedup();
    let mut last = ("", 0);
    let mut order: Vec<(u64, u32, &'static Entry)> = Vec::with_capacity(entries.len());
    for entry in entries {
        let Place { file, line, column } = entry.place();
        if !std::ptr::eq(last.0, file) {
            last = (file, files.partition_point(|other| *other < file));
        }
        order.push(((last.1 as u64) << 32 | u64::from(line), column, entry));
    }
    // Stable: what one macro writes many times has one place.
    order.sort_by_key(|(line, column, _)| (*line, *column));
    order.into_iter().map(|(_, _, entry)| entry).collect()
}

/// The hash of a name without its version, and the version.
pub(super) type NameKey = (u64, u32);

/// What an entry calls by a name: the key, and the message. A provider calls nothing so.
pub(super) fn named(entry: &'static Entry) -> impl Iterator<Item = (NameKey, &'static MessageInfo)> {
    let (handler, events) = match entry {
        Entry::Handler(handler) => {
            (Some(((handler.name_hash, handler.message.version), handler.message)), &[] as &[crate::event::EventInfo])
        }
        Entry::Subscriber(subscriber) => (None, subscriber.events),
        Entry::Provider(_) | Entry::Mounted(_) => (None, &[] as &[_]),
    };
    handler.into_iter().chain(events.iter().map(|event| (event_key(event.info), event.info)))
}

fn event_key(event: &MessageInfo) -> NameKey {
    (event.name_hash(), event.version)
}

impl Handler {
    /// Whether [`Handler::base_name`] is `name`, without building it.
    fn is_named(&self, name: &str) -> bool {
        let rest = name.strip_prefix(self.message.module).and_then(|rest| rest.strip_prefix('.'));
        let Some(rest) = rest.and_then(|rest| rest.strip_prefix(self.message.name)) else { return false };
        match self.instance {
            Some(instance) => {
                rest.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).is_some_and(|rest| rest == instance)
            }
            None => rest.is_empty(),
        }
    }
}

/// What a text's hash is multiplied by for each byte behind it. The macros know it, too.
const BASE: u128 = 0x0000_0100_0000_01b3;

/// The bytes as the digits of a number, modulo 2^64: what a text and a text behind it have together can be told of the hashes of
/// both, see [`joined`]. The table holds the program's own names, so nobody can choose them to collide.
pub(crate) const fn hash(parts: &[&str]) -> u64 {
    let (mut hash, mut part) = (0, 0);
    while part < parts.len() {
        let (bytes, mut at) = (parts[part].as_bytes(), 0);
        while at < bytes.len() {
            hash = (hash as u128 * BASE + bytes[at] as u128) as u64;
            at += 1;
        }
        part += 1;
    }
    hash
}

/// The hash of two texts, one behind the other, of the first's and the second's; `power` is the base to the second's length.
///
/// The compiler runs what is constant slowly, and for each handler at each check: a loop over the bytes of its name was a tenth of all
/// that a handler costs.
pub(crate) const fn joined(first: u64, second: u64, power: u64) -> u64 {
    (first as u128 * power as u128 + second as u128) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_two_texts_is_that_of_both_together() {
        let power = |text: &str| text.bytes().fold(1_u64, |power, _| (u128::from(power) * BASE) as u64);
        for (one, other) in
            [("bank.", "Open"), ("", "Open"), ("bank.", ""), ("a_very_long_module.", "AVeryLongMessageName")]
        {
            assert_eq!(joined(hash(&[one]), hash(&[other]), power(other)), hash(&[one, other]), "{one}{other}");
        }
        assert_ne!(hash(&["ab"]), hash(&["ba"]));
    }
}
