//! What a token must claim, and who it says the caller is (RFC 7519, 4.1).

use std::time::{Duration, SystemTime};

use partitura_runtime::Identity;
use serde_json::{Map, Value};

type Claims = Map<String, Value>;

/// What is asked of the claims of a token.
pub(in crate::auth) struct Rules {
    pub(in crate::auth) issuer: String,
    /// One of them must be in `aud`; empty for tokens that are for nobody in particular.
    pub(in crate::auth) audience: Vec<String>,
    /// How far the clocks of issuer and application may be apart.
    pub(in crate::auth) leeway: Duration,
    /// Claims that must be there, beside `iss`, `exp` and the subject.
    pub(in crate::auth) required: Vec<String>,
    /// The claim that names the caller; dots lead into objects.
    pub(in crate::auth) subject: String,
    /// The claim with the caller's roles; dots lead into objects.
    pub(in crate::auth) roles: String,
}

impl Rules {
    /// # Errors
    /// For the log.
    pub(super) fn check_issuer(&self, claims: &Claims) -> Result<(), &'static str> {
        match claims.get("iss").and_then(Value::as_str) {
            Some(issuer) if issuer == self.issuer => Ok(()),
            _ => Err("another issuer"),
        }
    }

    /// Who a token with these claims says the caller is, at this time.
    ///
    /// # Errors
    /// Why it does not hold, for the log.
    pub(super) fn identity(&self, claims: Claims, now: SystemTime) -> Result<Identity, &'static str> {
        self.check_issuer(&claims)?;
        self.check_audience(claims.get("aud"))?;
        self.check_time(&claims, now)?;
        if self.required.iter().any(|name| find(&claims, name).is_none_or(Value::is_null)) {
            return Err("a required claim is missing");
        }
        let subject = match find(&claims, &self.subject) {
            Some(Value::String(text)) if !text.is_empty() => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return Err("the claim of the subject is missing, or no text"),
        };
        let roles = find(&claims, &self.roles).map(roles).unwrap_or_default();
        let mut identity = Identity::user(subject);
        identity.roles = roles;
        identity.claims = claims.into_iter().collect();
        Ok(identity)
    }

    fn check_audience(&self, claim: Option<&Value>) -> Result<(), &'static str> {
        let ours = |value: &Value| value.as_str().is_some_and(|name| self.audience.iter().any(|own| own == name));
        let holds = match claim {
            None => self.audience.is_empty(),
            Some(Value::Array(names)) => names.iter().any(ours),
            Some(name) => ours(name),
        };
        if holds { Ok(()) } else { Err("for another audience") }
    }

    /// `exp` must be there; `nbf` counts if it is.
    fn check_time(&self, claims: &Claims, now: SystemTime) -> Result<(), &'static str> {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).map_err(|_| "the clock stands before 1970")?.as_secs_f64();
        let leeway = self.leeway.as_secs_f64();
        let expires = claims.get("exp").and_then(Value::as_f64).ok_or("no time of expiry")?;
        // "On or after" that time it is not accepted.
        if now >= expires + leeway {
            return Err("expired");
        }
        match claims.get("nbf").map(Value::as_f64) {
            None => Ok(()),
            Some(Some(begins)) if now >= begins - leeway => Ok(()),
            Some(Some(_)) => Err("not valid yet"),
            Some(None) => Err("its beginning is no number"),
        }
    }
}

/// The claim of this name; else, a dot leads into an object. Names with dots of their own are usual: they are addresses.
fn find<'c>(claims: &'c Claims, path: &str) -> Option<&'c Value> {
    if let Some(value) = claims.get(path) {
        return Some(value);
    }
    path.match_indices('.').find_map(|(dot, _)| {
        let Value::Object(inner) = claims.get(path.get(..dot)?)? else { return None };
        find(inner, path.get(dot + 1..)?)
    })
}

/// A list of texts, or one text with spaces, as in `scope` (RFC 8693, 4.2). All else is no role.
fn roles(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::String(text) => text.split_ascii_whitespace().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
