//! What the listed modules registered, in declared order, and how a name finds its handler.

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};

use crate::container::need::Need;
use crate::container::provider::Provider;
use crate::error::{Error, Result};
use crate::module::{Entry, Handler, Module, Subscriber};
use crate::nearest::did_you_mean;

/// The tables of one application. A value, never a global: another application in the process has its own.
pub(crate) struct Registry {
    modules: Vec<(&'static Module, Vec<&'static Entry>)>,
    /// By name without version, then by version.
    handlers: BTreeMap<String, BTreeMap<u32, &'static Handler>>,
    subscribers: HashMap<TypeId, Vec<Subscribed>>,
}

/// A subscriber and the module that it belongs to.
pub(crate) struct Subscribed {
    pub(crate) module: &'static str,
    pub(crate) entry: &'static Subscriber,
}

impl Registry {
    pub(crate) fn new(modules: &[&'static Module]) -> Self {
        let mut registry = Registry { modules: Vec::new(), handlers: BTreeMap::new(), subscribers: HashMap::new() };
        for module in modules {
            let mut entries: Vec<&'static Entry> = (module.entries)().iter().collect();
            entries.sort_by_key(|entry| entry.place());
            for entry in &entries {
                match entry {
                    Entry::Handler(handler) => registry.handler(handler),
                    Entry::Subscriber(entry) => registry
                        .subscribers
                        .entry((entry.message.of)())
                        .or_default()
                        .push(Subscribed { module: module.name, entry }),
                    Entry::Provider(_) => {}
                }
            }
            registry.modules.push((module, entries));
        }
        registry
    }

    fn handler(&mut self, handler: &'static Handler) {
        let name = handler.base_name();
        // A second one of the same name is refused by `verify`; until then the first stays.
        self.handlers.entry(name).or_default().entry(handler.message.version).or_insert(handler);
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

    pub(crate) fn handler_needs(&self) -> impl Iterator<Item = &'static [Need]> + '_ {
        self.entries().filter(|(_, entry)| !matches!(entry, Entry::Provider(_))).map(|(_, entry)| entry.needs())
    }

    pub(crate) fn subscribers(&self, event: TypeId) -> &[Subscribed] {
        self.subscribers.get(&event).map_or(&[], Vec::as_slice)
    }

    /// The handler of `module.Type` (the newest version) or `module.Type@version`.
    pub(crate) fn find(&self, name: &str) -> Result<&'static Handler> {
        let (base, version) = match name.rsplit_once('@') {
            Some((base, version)) => (base, Some(version)),
            None => (name, None),
        };
        let Some(versions) = self.handlers.get(base) else { return Err(self.unknown(name)) };
        let found = match version {
            None => versions.values().next_back(),
            Some(version) => version.parse().ok().and_then(|version: u32| versions.get(&version)),
        };
        match found {
            Some(handler) if !handler.message.local => Ok(handler),
            Some(_) => Err(Error::not_found(format!(
                "`{name}` is local: it is reachable from code only, since its type says `local`"
            ))
            .with_code("PT0307")),
            None => {
                let known: Vec<String> = versions.keys().map(|version| format!("`{base}@{version}`")).collect();
                Err(Error::not_found(format!("no message is named `{name}`; there is {}", known.join(", ")))
                    .with_code("PT0307"))
            }
        }
    }

    #[cold]
    fn unknown(&self, name: &str) -> Error {
        let names =
            self.handlers.iter().filter(|(_, versions)| versions.values().any(|handler| !handler.message.local));
        let hint = did_you_mean(name, names.map(|(name, _)| name.as_str()));
        let hint = if hint.is_empty() { "; `ls` lists all names".to_owned() } else { hint };
        Error::not_found(format!("no message is named `{name}`{hint}")).with_code("PT0307")
    }
}
