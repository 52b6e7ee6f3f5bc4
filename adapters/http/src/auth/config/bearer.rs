//! `[auth.bearer.<name>]`: an issuer of tokens.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use partitura_runtime::Env;
use partitura_runtime::config::Secret;
use serde::Deserialize;

use super::faults::{Faults, Key};
use crate::auth::bearer::{
    Algorithm, Bearer, Jwks, Keys, Limits, Rules, Source, Trust, VerifyingKey, address, check_set, read_file,
};
use crate::auth::{Authenticators, SecurityScheme};

/// Clocks that are further apart want to be put right.
const MAX_LEEWAY: Duration = Duration::from_secs(600);
const MAX_TIMEOUT: Duration = Duration::from_secs(60);

/// An issuer of tokens, and what is asked of them. Its keys come from one of `jwks`, `jwks_file`, `key` and `key_file`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BearerConfig {
    /// The claim `iss`, letter by letter.
    pub issuer: String,
    /// One of these must be in the claim `aud`. An empty list takes tokens without `aud`, and no others.
    pub audience: Vec<String>,
    /// The algorithms allowed. Default: that of the key; RS256 for an RSA key that does not name its own. A shared secret
    /// needs it.
    #[serde(default)]
    pub algorithms: Vec<Algorithm>,
    /// A public key in PEM; or a shared secret, as it stands or behind `base64:`.
    #[serde(default)]
    pub key: Option<Secret<String>>,
    /// A file with what `key` would be.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    /// The address of the issuer's keys (RFC 7517); `https`, or `http` on this machine.
    #[serde(default)]
    pub jwks: Option<String>,
    /// A file with the issuer's keys (RFC 7517); read again as an address is.
    #[serde(default)]
    pub jwks_file: Option<PathBuf>,
    /// Certificates in PEM of those who may vouch for the address of `jwks`. Default: those that the machine believes.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// How far the clocks of issuer and application may be apart. Default: `30s`; up to `10m`.
    #[serde(default = "seconds::<30>", with = "partitura_runtime::config::duration")]
    pub leeway: Duration,
    /// Claims that must be there, beside `iss`, `exp` and the subject. Default: none.
    #[serde(default)]
    pub required: Vec<String>,
    /// The claim that names the caller; dots lead into objects. Default: `sub`.
    #[serde(default = "sub")]
    pub subject: String,
    /// The claim with the roles, a list or a text with spaces; dots lead into objects. Default: `roles`.
    #[serde(default = "roles")]
    pub roles: String,
    /// When keys are fetched again behind the scenes. Default: `10m`.
    #[serde(default = "seconds::<600>", with = "partitura_runtime::config::duration")]
    pub refresh: Duration,
    /// How old keys may become while they cannot be fetched; not less than `refresh`. Default: `1d`.
    #[serde(default = "seconds::<86400>", with = "partitura_runtime::config::duration")]
    pub stale: Duration,
    /// The least time between two fetches, whoever asks. Default: `10s`.
    #[serde(default = "seconds::<10>", with = "partitura_runtime::config::duration")]
    pub retry: Duration,
    /// How long a fetch may take. Default: `5s`; up to `60s`.
    #[serde(default = "seconds::<5>", with = "partitura_runtime::config::duration")]
    pub timeout: Duration,
}

fn seconds<const N: u64>() -> Duration {
    Duration::from_secs(N)
}

fn sub() -> String {
    "sub".to_owned()
}

fn roles() -> String {
    "roles".to_owned()
}

pub(super) fn open(
    config: &BearerConfig,
    name: &str,
    at: &Key,
    env: &Env,
    faults: &mut Faults,
    all: &mut Authenticators,
) {
    check(config, at, faults);
    let Some(keys) = keys(config, at, env, faults) else { return };
    let rules = Rules {
        issuer: config.issuer.clone(),
        audience: config.audience.clone(),
        leeway: config.leeway,
        required: config.required.clone(),
        subject: config.subject.clone(),
        roles: config.roles.clone(),
    };
    let scheme = SecurityScheme::http(format!("bearer.{name}"), "bearer", Some("JWT"));
    all.add(scheme, Arc::new(Bearer { rules, keys, env: env.clone() }));
}

fn check(config: &BearerConfig, at: &Key, faults: &mut Faults) {
    let empty = [("issuer", &config.issuer), ("subject", &config.subject), ("roles", &config.roles)];
    for (key, _) in empty.iter().filter(|(_, value)| value.is_empty()) {
        faults.add(&at.key(key), "empty", "is empty: write a value, or take it away");
    }
    if config.leeway > MAX_LEEWAY {
        faults.add(&at.key("leeway"), "range", "is more than `10m`: tokens would live that much longer than they say");
    }
    if config.timeout > MAX_TIMEOUT || config.timeout.is_zero() {
        faults.add(&at.key("timeout"), "range", "must be more than `0s` and up to `60s`");
    }
    if config.retry < Duration::from_secs(1) {
        faults.add(&at.key("retry"), "range", "must be `1s` or more: anybody can ask for a key that is not there");
    }
    if config.refresh < config.retry {
        faults.add(&at.key("refresh"), "range", "is less than `retry`: make it longer");
    }
    if config.stale < config.refresh {
        faults.add(&at.key("stale"), "range", "is less than `refresh`: keys would be gone before new ones are fetched");
    }
    let secure = config.jwks.as_ref().is_some_and(|jwks| jwks.to_ascii_lowercase().starts_with("https:"));
    if config.ca_file.is_some() && !secure {
        faults.add(&at.key("ca_file"), "unused", "does nothing without a `jwks` that begins with `https://`");
    }
}

fn keys(config: &BearerConfig, at: &Key, env: &Env, faults: &mut Faults) -> Option<Keys> {
    match (&config.key, &config.key_file, &config.jwks, &config.jwks_file) {
        (Some(key), None, None, None) => {
            let key = VerifyingKey::read(key.expose(), &config.algorithms);
            faults.note(&at.key("key"), "key", key).map(Keys::Fixed)
        }
        (None, Some(file), None, None) => {
            let key = read_key(file, &config.algorithms);
            faults.note(&at.key("key_file"), "key", key).map(Keys::Fixed)
        }
        (None, None, Some(jwks), None) => published(config, jwks, at, env, faults),
        (None, None, None, Some(file)) => {
            no_secret(config, at, faults)?;
            let set = read_file(file).and_then(|document| check_set(&document, &config.algorithms));
            faults.note(&at.key("jwks_file"), "keys", set)?;
            Some(Keys::Published(Jwks::new(Source::File(file.clone()), config.algorithms.clone(), limits(config), env)))
        }
        (None, None, None, None) => {
            faults.add(at, "missing", "has no keys: set `jwks`, `jwks_file`, `key` or `key_file`");
            None
        }
        _ => {
            faults.add(at, "twice", "has more than one of `jwks`, `jwks_file`, `key` and `key_file`: keep one");
            None
        }
    }
}

fn read_key(file: &Path, allowed: &[Algorithm]) -> Result<VerifyingKey, String> {
    let bytes = read_file(file)?;
    let text = std::str::from_utf8(&bytes);
    let text = text.map_err(|_| "is no text: a public key is PEM, a secret that is no text stands behind `base64:`")?;
    VerifyingKey::read(text, allowed)
}

fn published(config: &BearerConfig, jwks: &str, at: &Key, env: &Env, faults: &mut Faults) -> Option<Keys> {
    let before = faults.len();
    let uri = faults.note(&at.key("jwks"), "address", address(jwks));
    no_secret(config, at, faults);
    let secure = uri.as_ref().is_some_and(|uri| uri.scheme_str() == Some("https"));
    let (trust, key) = match &config.ca_file {
        _ if !secure => (Trust::Nobody, "jwks"),
        Some(file) => (Trust::File(file), "ca_file"),
        None => (Trust::Machine, "jwks"),
    };
    let client = faults.note(&at.key(key), "certificates", trust.client(env));
    let (Some(uri), Some(client)) = (uri, client) else { return None };
    let source = Source::Address { uri, client: Box::new(client) };
    let jwks = Jwks::new(source, config.algorithms.clone(), limits(config), env);
    (faults.len() == before).then_some(Keys::Published(jwks))
}

fn no_secret(config: &BearerConfig, at: &Key, faults: &mut Faults) -> Option<()> {
    let secrets = config.algorithms.iter().find(|algorithm| algorithm.needs_secret());
    let Some(algorithm) = secrets else { return Some(()) };
    let text = format!("has {}, which is for shared secrets, and what is published is none", algorithm.name());
    faults.add(&at.key("algorithms"), "algorithm", text);
    None
}

fn limits(config: &BearerConfig) -> Limits {
    let BearerConfig { refresh, stale, retry, timeout, .. } = *config;
    Limits { refresh, stale, retry, timeout }
}
