//! What a message is tried with.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::probe::Fault;

/// One input, by one caller.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) input: Value,
    /// The roles of the caller; `None` for nobody in particular.
    pub(crate) roles: Option<Vec<String>>,
    pub(crate) fault: Option<Fault>,
    /// What is sent before, by callers with these roles.
    pub(crate) before: Vec<Before>,
    /// What differs from call to call, by JSON pointer within a reply or an item.
    pub(crate) varies: Vec<String>,
}

/// Something that has happened.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Before {
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) roles: Vec<String>,
    #[serde(default)]
    pub(crate) input: Map<String, Value>,
}

/// The file `parity.toml`: what the schema cannot say.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Cases {
    /// Values of the configuration, as `--set` takes them, for every application under proof.
    pub(crate) set: Vec<String>,
    /// By name of a message.
    pub(crate) messages: BTreeMap<String, Said>,
}

/// What is said of one message.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Said {
    /// A valid input. Without it, one is made of the schema and its examples.
    pub(crate) input: Option<Map<String, Value>>,
    /// The roles of a caller who may send it. Without them, those that the handler allows.
    pub(crate) roles: Option<Vec<String>>,
    /// What is sent before.
    pub(crate) before: Vec<Before>,
    /// What differs from call to call.
    pub(crate) varies: Vec<String>,
    /// Further inputs, by name.
    pub(crate) also: BTreeMap<String, Also>,
    /// Why it is left out.
    pub(crate) skip: Option<String>,
}

/// A further input.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Also {
    pub(crate) input: Map<String, Value>,
    pub(crate) roles: Option<Vec<String>>,
    pub(crate) before: Option<Vec<Before>>,
}

impl Cases {
    /// Reads the text of a `parity.toml`.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())
    }
}
