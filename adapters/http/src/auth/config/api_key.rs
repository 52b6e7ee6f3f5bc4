//! `[auth.api_key.<name>]`: keys in a header or parameter of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::HeaderName;
use axum::http::header::{AUTHORIZATION, COOKIE};
use partitura_runtime::Identity;
use partitura_runtime::config::Secret;
use serde::Deserialize;

use super::faults::{Faults, Key};
use crate::auth::api_key::ApiKeys;
use crate::auth::fingerprint::Fingerprint;
use crate::auth::{Authenticators, KeyPlace, SecurityKind, SecurityScheme};

/// A key that can be guessed is none.
const MIN_CHARS: usize = 16;

/// A set of keys, and where they stand in a request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiKeyConfig {
    /// The header in which a key stands. Default: `x-api-key`, unless `query` is set.
    pub header: Option<String>,
    /// The parameter of the query in which a key stands; mind that queries end up in logs. Default: none.
    pub query: Option<String>,
    /// The keys, by the name of their caller. At least one.
    pub keys: BTreeMap<String, KeyConfig>,
}

/// A key and whose it is. It has `key` or `sha256`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeyConfig {
    /// The key, 16 characters or more.
    pub key: Option<Secret<String>>,
    /// The SHA-256 of the key in hexadecimal digits, so that the configuration does not have the key. Good for keys that
    /// are long and random; what people think of can be found from its SHA-256.
    pub sha256: Option<Secret<String>>,
    /// The subject of the identity. Default: the name of the key.
    pub subject: Option<String>,
    /// The roles of the identity. Default: none.
    pub roles: Vec<String>,
}

pub(super) fn open(config: &ApiKeyConfig, name: &str, at: &Key, faults: &mut Faults, all: &mut Authenticators) {
    let place = place(config, at, faults);
    let mut keys: Vec<(Fingerprint, Identity)> = Vec::new();
    for (name, key) in &config.keys {
        let at = at.key("keys").key(name);
        let Some(own) = fingerprint(key, &at, faults) else { continue };
        if keys.iter().any(|(other, _)| bool::from(other.same(&own))) {
            faults.add(&at, "twice", "is the same key as another one: each caller has a key of its own");
        }
        let mut identity = Identity::user(key.subject.as_deref().unwrap_or(name));
        identity.roles = key.roles.clone();
        keys.push((own, identity));
    }
    if config.keys.is_empty() {
        faults.add(at, "missing", format_args!("has no keys: write `{at}.keys.<name>.key`"));
    }
    if let Some(place) = place {
        let scheme = SecurityScheme::new(format!("api_key.{name}"), SecurityKind::ApiKey(place));
        all.add(scheme, Arc::new(ApiKeys::new(keys)));
    }
}

fn place(config: &ApiKeyConfig, at: &Key, faults: &mut Faults) -> Option<KeyPlace> {
    match (&config.header, &config.query) {
        (Some(_), Some(_)) => {
            faults.add(at, "twice", "has `header` and `query`: keep one, or make two tables");
            None
        }
        (None, None) => Some(KeyPlace::default()),
        (None, Some(query)) if query.is_empty() => {
            faults.add(&at.key("query"), "format", "must name a parameter, such as `api_key`");
            None
        }
        (None, Some(query)) => Some(KeyPlace::Query(query.clone())),
        (Some(header), None) => match HeaderName::try_from(header) {
            Ok(name) if name == AUTHORIZATION || name == COOKIE => {
                faults.add(&at.key("header"), "reserved", "is read for something else: take one such as `x-api-key`");
                None
            }
            Ok(name) => Some(KeyPlace::Header(name)),
            Err(_) => {
                faults.add(&at.key("header"), "format", "is no name of a header: write one such as `x-api-key`");
                None
            }
        },
    }
}

fn fingerprint(config: &KeyConfig, at: &Key, faults: &mut Faults) -> Option<Fingerprint> {
    match (&config.key, &config.sha256) {
        (Some(key), None) if key.expose().chars().count() < MIN_CHARS => {
            let text = format_args!("has less than {MIN_CHARS} characters: `openssl rand -hex 32` makes a good one");
            faults.add(&at.key("key"), "short", text);
            None
        }
        (Some(key), None) => Some(Fingerprint::of(key.expose())),
        (None, Some(hash)) => {
            let hash = Fingerprint::from_hex(hash.expose().trim());
            let wrong = "is no SHA-256 in hexadecimal: `printf %s \"$KEY\" | sha256sum` prints its 64 digits";
            faults.note(&at.key("sha256"), "format", hash.ok_or(wrong))
        }
        (None, None) => {
            faults.add(at, "missing", "has no key: set `key` or `sha256`");
            None
        }
        (Some(_), Some(_)) => {
            faults.add(at, "twice", "has `key` and `sha256`: keep one");
            None
        }
    }
}
