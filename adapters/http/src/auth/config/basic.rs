//! `[auth.basic.<name>]`: users with passwords.

use std::collections::BTreeMap;
use std::sync::Arc;

use argon2::Params;
use argon2::password_hash::phc::PasswordHash;
use partitura_runtime::config::Secret;
use partitura_runtime::{Env, Identity};
use serde::Deserialize;

use super::faults::{Faults, Key};
use crate::auth::basic::{Basic, Password, User};
use crate::auth::fingerprint::Fingerprint;
use crate::auth::{Authenticators, SecurityScheme};

/// A check that takes more than this can be used to bring the machine down.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_PASSES: u32 = 16;

/// A set of users.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BasicConfig {
    /// The users, by the name they log in with. At least one.
    pub users: BTreeMap<String, UserConfig>,
}

/// A user. It has `password` or `password_hash`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UserConfig {
    /// The password.
    pub password: Option<Secret<String>>,
    /// Its hash by argon2 (RFC 9106), as a PHC string: `$argon2id$v=19$m=19456,t=2,p=1$..`. Each call costs what the
    /// hash costs: with these parameters 19 MiB and some 30 ms of a core (half a second in a build
    /// without optimisation).
    pub password_hash: Option<Secret<String>>,
    /// The subject of the identity. Default: the name of the user.
    pub subject: Option<String>,
    /// The roles of the identity. Default: none.
    pub roles: Vec<String>,
}

pub(super) fn open(
    config: &BasicConfig,
    name: &str,
    at: &Key,
    env: &Env,
    faults: &mut Faults,
    all: &mut Authenticators,
) {
    if config.users.is_empty() {
        faults.add(at, "missing", format_args!("has no users: write `{at}.users.<name>.password_hash`"));
    }
    let mut users = BTreeMap::new();
    for (name, user) in &config.users {
        let at = at.key("users").key(name);
        if name.contains(':') || name.chars().any(char::is_control) {
            faults.add(&at, "format", "has a name with a colon or a control character, which RFC 7617 cannot say");
        }
        let Some(password) = password(user, &at, faults) else { continue };
        let mut identity = Identity::user(user.subject.as_deref().unwrap_or(name));
        identity.roles = user.roles.clone();
        users.insert(name.clone(), User { password, identity });
    }
    all.add(SecurityScheme::http(format!("basic.{name}"), "basic", None), Arc::new(Basic::new(users, env)));
}

fn password(config: &UserConfig, at: &Key, faults: &mut Faults) -> Option<Password> {
    match (&config.password, &config.password_hash) {
        (Some(password), None) if password.expose().is_empty() => {
            faults.add(&at.key("password"), "short", "is empty: write a password");
            None
        }
        (Some(password), None) => Some(Password::Plain(Fingerprint::of(password.expose()))),
        (None, Some(hash)) => {
            let hash = argon2(hash.expose());
            faults.note(&at.key("password_hash"), "format", hash).map(|hash| Password::Hash(Arc::new(hash)))
        }
        (None, None) => {
            faults.add(at, "missing", "has no password: set `password_hash` or `password`");
            None
        }
        (Some(_), Some(_)) => {
            faults.add(at, "twice", "has `password` and `password_hash`: keep one");
            None
        }
    }
}

fn argon2(text: &str) -> Result<PasswordHash, &'static str> {
    const FIX: &str =
        "is no hash of argon2: `argon2 \"$(openssl rand -hex 16)\" -id -e` prints one, `$argon2id$v=19$..`";
    let hash = PasswordHash::new(text.trim()).map_err(|_| FIX)?;
    let known = ["argon2id", "argon2i", "argon2d"].contains(&hash.algorithm.as_str());
    let params = Params::try_from(&hash).map_err(|_| FIX)?;
    if !known || hash.salt.is_none() || hash.hash.is_none() {
        return Err(FIX);
    }
    if params.m_cost() > MAX_MEMORY_KIB || params.t_cost() > MAX_PASSES {
        return Err("costs too much for each call: take `m` up to 262144 (256 MiB) and `t` up to 16");
    }
    Ok(hash)
}
