//! The sections `messages` and `subscribers` of the configuration.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use crate::config::{Field, Section, duration};

/// The section `messages` of the configuration: what it says of each message, by its name.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct MessagesConfig(pub BTreeMap<String, MessageConfig>);

/// `[messages."accounts.OpenAccount"]`: what is written there is in the place of what the attribute of the handler says. What
/// is not stays as it is declared.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MessageConfig {
    /// Whether anybody handles it. At every entrypoint a message that is switched off is not found; code that sends it is answered
    /// with kind unavailable. Default true.
    pub enabled: Option<bool>,
    /// How long it may take, as `timeout` of the attribute; `0s` for none of its own.
    #[serde(with = "duration::option")]
    pub timeout: Option<Duration>,
    /// How often it is tried again; 0 for once only. For a handler that is `idempotent`.
    pub retries: Option<u32>,
    /// How long the first wait before another try is.
    #[serde(with = "duration::option")]
    pub backoff: Option<Duration>,
    /// The ways in; at all others it is not found. Default all.
    pub entrypoints: Option<Vec<String>>,
    /// What of the application's behaviors does not stand around it.
    pub behaviors: Without,
    /// The topic of an event: `orders.{region}.placed`.
    pub topic: Option<String>,
}

/// `behaviors = { without = ["Audit"] }`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Without {
    /// The names of behaviors, as `app!` lists them.
    pub without: Vec<String>,
}

/// The section `subscribers` of the configuration: what it says of each handler of events, by module and fn.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct SubscribersConfig(pub BTreeMap<String, SubscriberConfig>);

/// `[subscribers."mail.greet_owner"]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SubscriberConfig {
    /// Whether it is told of anything. Default true.
    pub enabled: Option<bool>,
    /// How long it may take; `0s` for none of its own.
    #[serde(with = "duration::option")]
    pub timeout: Option<Duration>,
    /// The pattern that the topic of an event must match: `orders.*.#`.
    pub topic: Option<String>,
}

impl Section for MessagesConfig {
    const NAME: &'static str = "messages";
    const FIELDS: &'static [Field] = &[];
    const OPEN: bool = true;
}

impl Section for SubscribersConfig {
    const NAME: &'static str = "subscribers";
    const FIELDS: &'static [Field] = &[];
    const OPEN: bool = true;
}
