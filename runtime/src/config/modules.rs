//! The section `modules`: which modules of the application take part.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::tree::same;
use super::{Config, Field, Origin, Section};

/// The section `modules` of the configuration: `mail = false`. A module that it does not name is on.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct ModulesConfig(pub(crate) BTreeMap<String, bool>);

impl Section for ModulesConfig {
    const NAME: &'static str = "modules";
    const FIELDS: &'static [Field] = &[];
    const OPEN: bool = true;
}

/// A module that is switched off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Switched {
    /// As the configuration spells it.
    name: String,
    /// Where.
    pub(crate) origin: Option<Origin>,
}

impl Switched {
    /// Whether it is the module of this name; a variable of the environment spells it without case.
    pub(crate) fn means(&self, module: &str) -> bool {
        same(&self.name, module)
    }
}

impl Config {
    /// The modules that it switches off. A section that does not parse switches nothing off: what is wrong with it is told.
    pub(crate) fn switched_off(&self) -> Vec<Switched> {
        if !self.is_there(ModulesConfig::NAME) {
            return Vec::new();
        }
        let modules = self.section::<ModulesConfig>().unwrap_or_default().0;
        let off = modules.into_iter().filter(|(_, is_on)| !is_on);
        off.map(|(name, _)| Switched { origin: self.origin(&[ModulesConfig::NAME, &name]), name }).collect()
    }
}
