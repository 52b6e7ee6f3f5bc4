//! The section `[auth]` of the configuration.
//!
//! ```toml
//! [auth.bearer.main]
//! issuer = "https://id.bank.example"
//! audience = ["bank"]
//! jwks = "https://id.bank.example/.well-known/jwks.json"
//!
//! [auth.api_key.ops]
//! keys.deploy = { key = "..", roles = ["deploy"] }
//!
//! [auth.basic.staff]
//! users.ada = { password_hash = "$argon2id$..", roles = ["admin"] }
//! ```

mod api_key;
mod basic;
mod bearer;
mod faults;

use std::collections::BTreeMap;

use partitura_runtime::config::{Field, Mistakes, Section};
use partitura_runtime::{Env, Error, Failure, Result};
use serde::Deserialize;

pub use self::api_key::{ApiKeyConfig, KeyConfig};
pub use self::basic::{BasicConfig, UserConfig};
pub use self::bearer::BearerConfig;
use self::faults::{Faults, Key};
use super::Authenticators;
pub use super::bearer::Algorithm;

/// The section `[auth]`: who may call over HTTP. Without it every caller is anonymous.
///
/// Authenticators, keys and users are tables by name, so that each value has a variable of the environment:
/// `BANK__AUTH__API_KEY__OPS__KEYS__DEPLOY__KEY`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthConfig {
    /// What a 401 says that one needs credentials for (RFC 9110, 11.5). Default: `api`.
    pub realm: String,
    /// How long a header or parameter of credentials may be, in bytes. Default: 8,192; 256 to 65,536.
    pub max_header: usize,
    /// Issuers of bearer tokens, by name.
    pub bearer: BTreeMap<String, BearerConfig>,
    /// Sets of users with passwords, by name.
    pub basic: BTreeMap<String, BasicConfig>,
    /// Sets of API keys, by name.
    pub api_key: BTreeMap<String, ApiKeyConfig>,
}

impl Default for AuthConfig {
    fn default() -> Self {
        AuthConfig {
            realm: "api".to_owned(),
            max_header: 8192,
            bearer: BTreeMap::new(),
            basic: BTreeMap::new(),
            api_key: BTreeMap::new(),
        }
    }
}

impl Section for AuthConfig {
    const NAME: &'static str = "auth";
    const FIELDS: &'static [Field] = &[
        Field::optional("realm", "String"),
        Field::optional("max_header", "usize"),
        Field::optional("bearer", "BTreeMap<String, BearerConfig>"),
        Field::optional("basic", "BTreeMap<String, BasicConfig>"),
        Field::optional("api_key", "BTreeMap<String, ApiKeyConfig>"),
    ];
}

/// Opens all that the section names.
///
/// # Errors
/// Kind invalid: everything that is wrong, each with its key and its fix.
pub(super) fn open(section: &AuthConfig, env: &Env) -> Result<Authenticators> {
    let mut faults = Faults::default();
    let root = Key::new(AuthConfig::NAME);
    if !(256..=65_536).contains(&section.max_header) {
        faults.add(&root.key("max_header"), "range", "must be between 256 and 65536 bytes");
    }
    if section.realm.chars().any(|c| !matches!(c, ' '..='~')) {
        faults.add(&root.key("realm"), "format", "stands in a header: write printable ASCII");
    }
    let mut all = Authenticators::new(&section.realm, section.max_header);
    for (name, bearer) in &section.bearer {
        bearer::open(bearer, name, &root.key("bearer").key(name), env, &mut faults, &mut all);
    }
    for (name, basic) in &section.basic {
        basic::open(basic, name, &root.key("basic").key(name), env, &mut faults, &mut all);
    }
    for (name, keys) in &section.api_key {
        api_key::open(keys, name, &root.key("api_key").key(name), &mut faults, &mut all);
    }
    faults.or(all)
}

/// The error of a section that could not be read.
pub(super) fn wrong_section(mistakes: Mistakes) -> Error {
    let failures = mistakes.iter().map(|mistake| Failure::new("", "configuration", mistake.to_string())).collect();
    Error::malformed("authentication is configured wrongly", failures)
}
