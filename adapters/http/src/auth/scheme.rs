//! What OpenAPI is told of an authenticator.

use axum::http::HeaderName;

/// A security scheme, as OpenAPI 3.1 describes one under `components.securitySchemes`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecurityScheme {
    /// Its name there: `bearer.main` for the section `[auth.bearer.main]`. Letters, digits, `.`, `-` and `_` only.
    pub name: String,
    /// What it is.
    pub kind: SecurityKind,
}

/// What a security scheme is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecurityKind {
    /// `type: apiKey`.
    ApiKey(KeyPlace),
    /// `type: http`.
    Http {
        /// As registered with IANA: `basic`, `bearer`. In the case in which the authenticator says it.
        scheme: String,
        /// A hint for people: `JWT`.
        bearer_format: Option<&'static str>,
    },
}

/// Where a key stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// In this header: `in: header`.
    Header(HeaderName),
    /// In this parameter of the query: `in: query`. Mind that queries end up in logs.
    Query(String),
}

/// The header `x-api-key`.
impl Default for KeyPlace {
    fn default() -> Self {
        KeyPlace::Header(HeaderName::from_static("x-api-key"))
    }
}

impl SecurityScheme {
    pub(super) fn new(name: String, kind: SecurityKind) -> Self {
        let fits = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
        SecurityScheme { name: name.chars().map(fits).collect(), kind }
    }

    /// Where its key stands, if it is one of keys.
    pub(super) fn key_place(&self) -> Option<&KeyPlace> {
        match &self.kind {
            SecurityKind::ApiKey(place) => Some(place),
            SecurityKind::Http { .. } => None,
        }
    }

    pub(super) fn http(name: String, scheme: &str, bearer_format: Option<&'static str>) -> Self {
        SecurityScheme::new(name, SecurityKind::Http { scheme: scheme.to_owned(), bearer_format })
    }
}
