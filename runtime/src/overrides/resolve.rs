//! From what the configuration says to what messages do, with every mistake at once.

use std::any::TypeId;
use std::collections::HashMap;
use std::time::Duration;

use super::{
    MessageConfig, MessagesConfig, Off, Override, Overrides, SubscriberConfig, SubscribersConfig, Template, Told,
};
use crate::app::registry::{Registry, Subscribed};
use crate::behavior::{Application, Listed, Role};
use crate::config::{Config, Mistake, Mistakes, ModulesConfig, Origin, Section};
use crate::event::EventInfo;
use crate::module::{Handler, Module, NamedCall};
use crate::nearest::did_you_mean;
use crate::topic::{self, Pattern};

/// What an application is made of, as far as its configuration may speak of it.
pub(crate) struct Wiring<'w> {
    /// Its modules that are switched on.
    pub(crate) registry: &'w Registry,
    /// Those that are not, whose messages have names all the same.
    pub(crate) off: &'w [&'static Module],
    /// What stands around every message.
    pub(crate) behaviors: &'static [Listed],
}

/// What `config` says of the messages of an application; nothing, if it says nothing.
///
/// # Errors
/// Every mistake, each with its place.
pub(crate) fn resolve(wiring: &Wiring<'_>, config: &Config) -> Result<Option<Overrides>, Mistakes> {
    let says = |section: &str| config.origin(&[section]).is_some();
    let silent = ![ModulesConfig::NAME, MessagesConfig::NAME, SubscribersConfig::NAME].into_iter().any(says);
    if silent && wiring.off.is_empty() {
        return Ok(None);
    }
    let off = Registry::new(wiring.off, &[]);
    let mut resolver = Resolver {
        wiring,
        config,
        off,
        overrides: Overrides::default(),
        mistakes: Mistakes::default(),
        said: HashMap::new(),
    };
    resolver.modules();
    resolver.messages();
    resolver.subscribers();
    resolver.topics();
    let Resolver { overrides, mistakes, .. } = resolver;
    mistakes.or((!overrides.is_empty()).then_some(overrides))
}

struct Resolver<'w> {
    wiring: &'w Wiring<'w>,
    config: &'w Config,
    off: Registry,
    overrides: Overrides,
    mistakes: Mistakes,
    /// Which messages have been spoken of, and by which name.
    said: HashMap<TypeId, String>,
}

/// The events that somebody listens to, by full name.
type Events = HashMap<String, EventInfo>;

impl Resolver<'_> {
    fn wrong(&mut self, origin: Option<Origin>, message: impl Into<String>) {
        self.mistakes.add(Mistake { origin, message: message.into() });
    }

    /// The modules that there are, and the messages of those that are switched off.
    fn modules(&mut self) {
        let names: Vec<&str> =
            self.wiring.registry.modules().chain(self.wiring.off.iter().copied()).map(|m| m.name).collect();
        for (name, origin) in self.config.keys(ModulesConfig::NAME) {
            if !names.iter().any(|known| crate::config::same(&name, known)) {
                let near = did_you_mean(&name, names.iter().copied());
                let near = if near.is_empty() { format!("; there is `{}`", names.join("`, `")) } else { near };
                self.wrong(Some(origin), format!("`modules.{name}`: no module is named `{name}`{near}"));
            }
        }
        for (module, handler) in self.off.handlers() {
            let own = Override { off: Some(Off::Module(module.name)), ..Override::default() };
            self.overrides.names.insert(handler.full_name(), handler.message.of);
            self.overrides.messages.insert(handler.message.of, own);
        }
    }

    fn handlers(&self) -> impl Iterator<Item = &'static Handler> {
        self.wiring.registry.handlers().chain(self.off.handlers()).map(|(_, handler)| handler)
    }

    fn events(&self) -> Events {
        let all = self.wiring.registry.subscribers().chain(self.off.subscribers());
        all.flat_map(|subscriber| subscriber.events).map(|event| (event.info.full_name(), *event)).collect()
    }

    fn messages(&mut self) {
        let section = MessagesConfig::NAME;
        let events = self.events();
        for (name, origin) in self.config.keys(section) {
            // What is wrong with its form is told by the check of the sections.
            let config = self.config.one_of::<MessageConfig>(section, &name).ok();
            if let Some(handler) = self.handler(&name) {
                if let Some(config) = config {
                    self.message(&name, handler, &config);
                }
            } else if let Some(event) = events.get(&name).copied() {
                if let Some(config) = config {
                    self.event(&name, event, &config);
                }
            } else {
                let text = self.unknown(&name, &events);
                self.wrong(Some(origin), text);
            }
        }
    }

    /// The handler of a name: with `@version`, or the newest.
    fn handler(&self, name: &str) -> Option<&'static Handler> {
        match name.rsplit_once('@') {
            Some((base, version)) => {
                let version: u32 = version.parse().ok()?;
                self.handlers().find(|handler| handler.message.version == version && handler.base_name() == base)
            }
            None => {
                let named = self.handlers().filter(|handler| handler.base_name() == name);
                named.max_by_key(|handler| handler.message.version)
            }
        }
    }

    fn unknown(&self, name: &str, events: &Events) -> String {
        let mut known: Vec<String> = self.handlers().map(Handler::full_name).chain(events.keys().cloned()).collect();
        known.sort();
        known.dedup();
        let at = format!("`messages.{name:?}`");
        if known.iter().any(|known| known.starts_with(&format!("{name}."))) {
            return format!(
                "{at}: the name of a message has a dot in it: write `[messages.\"{name}.Name\"]`, in quotes"
            );
        }
        format!("{at}: no message is named `{name}`{}", did_you_mean(name, known.iter().map(String::as_str)))
    }

    fn message(&mut self, name: &str, handler: &'static Handler, config: &MessageConfig) {
        let MessageConfig { enabled, timeout, retries, backoff, entrypoints, behaviors, topic } = config;
        let key = |key: &str| self.config.origin(&[MessagesConfig::NAME, name, key]);
        let mut wrong: Vec<(Option<Origin>, String)> = Vec::new();
        let mut refuse =
            |field: &str, text: String| wrong.push((key(field), format!("`messages.{name:?}.{field}`: {text}")));
        if let Some(first) = self.said.insert(handler.message.of, name.to_owned()) {
            let text = format!("`messages.{name:?}` and `messages.{first:?}` are one message: say it once");
            self.mistakes.add(Mistake { origin: self.config.origin(&[MessagesConfig::NAME, name]), message: text });
        }
        let is_tried = retries.is_some_and(|retries| retries > 0) || backoff.is_some();
        if is_tried {
            let field = if retries.is_some_and(|retries| retries > 0) { "retries" } else { "backoff" };
            if matches!(handler.call, NamedCall::Stream(_)) {
                refuse(field, "a stream is not tried again, since items of it may have left".to_owned());
            } else if !handler.around.idempotent {
                let text = format!(
                    "only a handler that may run twice is tried again, and `{}` does not say so: `#[handler(idempotent)]` ({})",
                    handler.name, handler.place
                );
                refuse(field, text);
            } else if !handler.copied {
                let text = format!(
                    "a message that is tried again is sent twice, and `{}` is not `Clone`: derive it ({})",
                    handler.message.name, handler.message.place
                );
                refuse(field, text);
            } else if backoff.is_some()
                && retries.unwrap_or(handler.around.retries) == 0
                && !self.wiring.behaviors.iter().any(|one| one.info.role == Role::Retry)
            {
                refuse(
                    "backoff",
                    "it is the wait before another try, and there is none: say `retries = 3`, too".to_owned(),
                );
            }
        }
        if retries.is_some_and(|retries| retries > 100) {
            refuse("retries", "a number of retries is from 0 to 100".to_owned());
        }
        if let Some(only) = entrypoints {
            let known = crate::entrypoint::names();
            for one in only.iter().filter(|one| !known.contains(&one.as_str())) {
                let near = did_you_mean(one, known.iter().copied());
                let near = if near.is_empty() { format!("; there is `{}`", known.join("`, `")) } else { near };
                refuse("entrypoints", format!("no entrypoint of this program is named `{one}`{near}"));
            }
            if handler.message.local {
                refuse("entrypoints", "the message is local: it is reachable from code only".to_owned());
            }
        }
        if topic.is_some() {
            refuse("topic", "a topic is an event's, and this is sent to one handler".to_owned());
        }
        for one in &behaviors.without {
            if let Err(text) = self.may_leave_out(one, handler) {
                refuse("behaviors", text);
            }
        }
        for (origin, text) in wrong {
            self.wrong(origin, text);
        }
        let without = &behaviors.without;
        let around = (!without.is_empty()).then(|| Application::without(self.wiring.behaviors, without));
        let own = self.overrides.messages.entry(handler.message.of).or_default();
        if *enabled == Some(false) && own.off.is_none() {
            own.off = Some(Off::Message);
        }
        own.timeout_ms = timeout.map(milliseconds);
        own.retries = *retries;
        own.backoff_ms = backoff.map(milliseconds);
        own.entrypoints.clone_from(entrypoints);
        own.around = around;
        self.overrides.names.insert(handler.full_name(), handler.message.of);
    }

    /// Whether a behavior may be left out of what stands around a message.
    fn may_leave_out(&self, name: &str, handler: &Handler) -> Result<(), String> {
        let listed = self.wiring.behaviors;
        match listed.iter().find(|listed| listed.info.name == name).map(|listed| listed.info.role) {
            Some(Role::Around | Role::Retry) => Ok(()),
            Some(Role::Authorization | Role::Validation) => Err(format!(
                "`{name}` cannot be left out: who may send a message, and what it must be, is said by its code"
            )),
            None if crate::behavior::Infos::each(handler.behaviors).any(|own| own.name == name) => Err(format!(
                "`{name}` is the handler's own (`behaviors({name})`, {}): what can be left out is the application's",
                handler.place
            )),
            None => {
                let names: Vec<&str> = listed.iter().map(|listed| listed.info.name).collect();
                let near = did_you_mean(name, names.iter().copied());
                let near = match names.is_empty() {
                    true => "; it has none".to_owned(),
                    false if near.is_empty() => format!("; there is `{}`", names.join("`, `")),
                    false => near,
                };
                Err(format!("no behavior of the application is named `{name}`{near}"))
            }
        }
    }

    fn event(&mut self, name: &str, event: EventInfo, config: &MessageConfig) {
        let MessageConfig { enabled, timeout, retries, backoff, entrypoints, behaviors, topic } = config;
        let others = [
            ("enabled", enabled.is_some()),
            ("timeout", timeout.is_some()),
            ("retries", retries.is_some()),
            ("backoff", backoff.is_some()),
            ("entrypoints", entrypoints.is_some()),
            ("behaviors", !behaviors.without.is_empty()),
        ];
        for (field, _) in others.into_iter().filter(|(_, is_there)| *is_there) {
            let origin = self.config.origin(&[MessagesConfig::NAME, name, field]);
            let text = format!(
                "`messages.{name:?}.{field}`: an event has a `topic` alone; what its subscribers do is in `[subscribers.\"module.fn\"]`"
            );
            self.wrong(origin, text);
        }
        let Some(text) = topic else { return };
        match Template::read(text, (event.schema)().as_ref()) {
            Ok(template) => drop(self.overrides.events.insert(event.info.of, template)),
            Err(fault) => {
                let origin = self.config.origin(&[MessagesConfig::NAME, name, "topic"]);
                self.wrong(origin, format!("`messages.{name:?}.topic`: `{text}` is no topic: {fault}"));
            }
        }
    }

    fn subscribers(&mut self) {
        let section = SubscribersConfig::NAME;
        let all = || self.wiring.registry.subscribed().iter().chain(self.off.subscribed());
        let mut told = Vec::new();
        let mut wrong = Vec::new();
        for (name, origin) in self.config.keys(section) {
            let mut found = all().filter(|subscribed| subscribed.to_string() == name).peekable();
            if found.peek().is_none() {
                let names: Vec<String> = all().map(ToString::to_string).collect();
                let near = did_you_mean(&name, names.iter().map(String::as_str));
                wrong.push((
                    Some(origin),
                    format!("`subscribers.{name:?}`: no handler of events is named `{name}`{near}"),
                ));
                continue;
            }
            let Ok(config) = self.config.one_of::<SubscriberConfig>(section, &name) else { continue };
            let SubscriberConfig { enabled, timeout, topic } = config;
            if let Some(text) = &topic
                && let Err(error) = Pattern::new(text.clone())
            {
                let origin = self.config.origin(&[section, &name, "topic"]);
                wrong.push((origin, format!("`subscribers.{name:?}.topic`: {error}")));
                continue;
            }
            for subscribed in found {
                let own =
                    Told { off: enabled == Some(false), topic: topic.clone(), timeout_ms: timeout.map(milliseconds) };
                told.push((subscribed.entry.of, own));
            }
        }
        self.overrides.subscribers.extend(told);
        for (origin, text) in wrong {
            self.wrong(origin, text);
        }
    }

    /// As the check of what is declared: a subscriber whose pattern fits no topic of its events would never be told of one.
    fn topics(&mut self) {
        let mut wrong = Vec::new();
        for subscribed in self.wiring.registry.subscribed() {
            let Subscribed { entry, .. } = subscribed;
            let own = self.overrides.subscribers.get(&entry.of);
            let moved = own.and_then(|own| own.topic.as_deref());
            let Some(pattern) = moved.or(entry.topic) else { continue };
            let topic_of = |event: &EventInfo| match self.overrides.events.get(&event.info.of) {
                Some(template) => template.as_str().to_owned(),
                None if event.topic.is_empty() => event.info.topic().to_string(),
                None => event.topic.to_owned(),
            };
            let topics: Vec<String> = entry.events.iter().map(topic_of).collect();
            let concerns =
                moved.is_some() || entry.events.iter().any(|event| self.overrides.events.contains_key(&event.info.of));
            if own.is_some_and(|own| own.off) || !concerns || topics.is_empty() {
                continue;
            }
            if !topics.iter().any(|topic| topic::may_fit(pattern, topic)) {
                let origin = match moved {
                    Some(_) => self.config.origin(&[SubscribersConfig::NAME, &subscribed.to_string(), "topic"]),
                    None => entry.events.iter().find_map(|event| {
                        self.config.origin(&[MessagesConfig::NAME, &event.info.full_name(), "topic"])
                    }),
                };
                let text = format!(
                    "`{subscribed}` ({}) listens to `{pattern}` and would be told of nothing: the topic of its event is `{}`",
                    entry.place,
                    topics.join("`, `")
                );
                wrong.push((origin, text));
            }
        }
        for (origin, text) in wrong {
            self.wrong(origin, text);
        }
    }
}

/// At least one, unless there is none: less than a millisecond is not for as long as it takes.
fn milliseconds(duration: Duration) -> u64 {
    let whole = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if duration.is_zero() { 0 } else { whole.max(1) }
}
