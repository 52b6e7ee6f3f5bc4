//! The `WWW-Authenticate` header of a 401 (RFC 9110, 11.6.1).

use axum::http::HeaderValue;
use partitura_runtime::entrypoint::Credentials;

use super::scheme::{KeyPlace, SecurityKind};

/// What the caller showed, as far as the answer depends on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Nothing,
    BearerToken,
    Other,
}

impl Shown {
    pub(super) fn of(credentials: &Credentials) -> Self {
        match credentials {
            Credentials::Authorization { scheme, .. } if scheme.eq_ignore_ascii_case("Bearer") => Shown::BearerToken,
            _ => Shown::Other,
        }
    }
}

/// One challenge for each scheme, each once.
pub(super) fn all<'a>(realm: &str, kinds: impl Iterator<Item = &'a SecurityKind>, shown: Shown) -> Vec<HeaderValue> {
    let mut texts: Vec<String> = Vec::new();
    for kind in kinds {
        let text = one(realm, kind, shown);
        if !texts.iter().any(|known| known.eq_ignore_ascii_case(&text)) {
            texts.push(text);
        }
    }
    // A scheme of the application's own that fits into no header is left out.
    texts.iter().filter_map(|text| HeaderValue::from_str(text).ok()).collect()
}

fn one(realm: &str, kind: &SecurityKind, shown: Shown) -> String {
    let realm = quoted(realm);
    match kind {
        // No registered scheme says "a key in a header of its own"; a 401 must name one.
        SecurityKind::ApiKey(KeyPlace::Header(name)) => {
            format!("ApiKey realm={realm}, header={}", quoted(name.as_str()))
        }
        SecurityKind::ApiKey(KeyPlace::Query(name)) => format!("ApiKey realm={realm}, query={}", quoted(name)),
        SecurityKind::Http { scheme, .. } if scheme.eq_ignore_ascii_case("basic") => {
            format!("Basic realm={realm}, charset=\"UTF-8\"")
        }
        SecurityKind::Http { scheme, .. } if scheme.eq_ignore_ascii_case("bearer") => {
            let error = match shown {
                // The same for each reason: what is wrong with a forged token is nobody's business.
                Shown::BearerToken => {
                    ", error=\"invalid_token\", error_description=\"The access token is not valid or has expired\""
                }
                _ => "",
            };
            format!("Bearer realm={realm}{error}")
        }
        SecurityKind::Http { scheme, .. } => format!("{scheme} realm={realm}"),
    }
}

/// A quoted-string (RFC 9110, 5.6.4).
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
