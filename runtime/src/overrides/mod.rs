//! What the configuration says of messages, over what their attributes say.
//!
//! Invariant: an application whose configuration says nothing of messages has none of this, and what a message does is looked up
//! nowhere.

mod resolve;
mod sections;
mod template;

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::Arc;

pub(crate) use self::resolve::{Wiring, resolve};
pub use self::sections::{MessageConfig, MessagesConfig, SubscriberConfig, SubscribersConfig, Without};
pub(crate) use self::template::Template;
use crate::behavior::Application;
use crate::by_type::ByType;
use crate::error::{Error, Result};
use crate::message::MessageInfo;

/// What a call is told by that came through no entrypoint: [`Call::at`](crate::app::Call::at) names the others.
pub const CODE: &str = "code";

/// Everything that the configuration says of messages.
#[derive(Default)]
pub(crate) struct Overrides {
    messages: ByType<Override>,
    /// By full name, for those who know a message by its name alone.
    names: HashMap<String, TypeId>,
    subscribers: ByType<Told>,
    events: ByType<Template>,
}

/// What it says of one command or query.
#[derive(Default)]
pub(crate) struct Override {
    /// Why nobody handles it, if nobody does.
    pub(crate) off: Option<Off>,
    /// Milliseconds; 0 for none of its own.
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) retries: Option<u32>,
    pub(crate) backoff_ms: Option<u64>,
    /// The ways in, if not all.
    pub(crate) entrypoints: Option<Vec<String>>,
    /// What stands around it, if that is less than around the others.
    pub(crate) around: Option<Application>,
}

/// Why nobody handles a message.
pub(crate) enum Off {
    /// It is switched off itself.
    Message,
    /// Its module is.
    Module(&'static str),
}

/// What it says of one subscriber.
#[derive(Default, Clone)]
pub(crate) struct Told {
    pub(crate) off: bool,
    pub(crate) topic: Option<String>,
    /// Milliseconds; 0 for none of its own.
    pub(crate) timeout_ms: Option<u64>,
}

impl Overrides {
    pub(crate) fn of(&self, message: &MessageInfo) -> Option<&Override> {
        self.messages.get(&message.of)
    }

    pub(crate) fn subscriber(&self, of: TypeId) -> Option<&Told> {
        self.subscribers.get(&of)
    }

    pub(crate) fn event(&self, message: &MessageInfo) -> Option<&Template> {
        // Most applications leave the topics as they are, and a hash is not free.
        if self.events.is_empty() { None } else { self.events.get(&message.of) }
    }

    fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.subscribers.is_empty() && self.events.is_empty()
    }

    /// Whether the message may come in at `entrypoint`.
    pub(crate) fn admits(&self, message: &MessageInfo, entrypoint: &str) -> bool {
        self.of(message).is_none_or(|own| own.admits(entrypoint))
    }

    pub(crate) fn admits_name(&self, name: &str, entrypoint: &str) -> bool {
        let own = self.names.get(name).and_then(|of| self.messages.get(of));
        own.is_none_or(|own| own.admits(entrypoint))
    }

    /// With what cannot change while an application runs: topics and patterns, and which subscribers there are.
    pub(crate) fn keeping(mut self, running: Option<&Overrides>) -> Option<Self> {
        let empty = Overrides::default();
        let running = running.unwrap_or(&empty);
        self.events.clone_from(&running.events);
        for (of, told) in &mut self.subscribers {
            let before = running.subscribers.get(of).cloned().unwrap_or_default();
            *told = Told { timeout_ms: told.timeout_ms, ..before };
        }
        for (of, before) in &running.subscribers {
            self.subscribers.entry(*of).or_insert_with(|| Told { timeout_ms: None, ..before.clone() });
        }
        (!self.is_empty()).then_some(self)
    }
}

impl Override {
    fn admits(&self, entrypoint: &str) -> bool {
        self.off.is_none() && self.entrypoints.as_ref().is_none_or(|only| only.iter().any(|own| own == entrypoint))
    }

    /// # Errors
    /// Kind unavailable, code PT0490, if nobody handles it.
    pub(crate) fn check(&self, message: &MessageInfo) -> Result<()> {
        let name = || message.full_name();
        match &self.off {
            None => Ok(()),
            Some(Off::Message) => {
                Err(Error::unavailable(format!("`{}` is switched off by the configuration", name()))
                    .with_code("PT0490"))
            }
            Some(Off::Module(module)) => {
                let text =
                    format!("`{}` is handled by the module `{module}`, which the configuration switches off", name());
                Err(Error::unavailable(text).with_code("PT0490"))
            }
        }
    }
}

/// Which messages may come in at which entrypoint, as a configuration says it. Cheap to clone.
#[derive(Clone, Default)]
pub struct Admission(pub(crate) Option<Arc<Overrides>>);

impl Admission {
    /// Whether the message of this full name (`accounts.OpenAccount`, `accounts.OpenAccount@2`) may come in at `entrypoint`. What is
    /// no message may.
    pub fn admits(&self, name: &str, entrypoint: &str) -> bool {
        self.0.as_ref().is_none_or(|overrides| overrides.admits_name(name, entrypoint))
    }
}
