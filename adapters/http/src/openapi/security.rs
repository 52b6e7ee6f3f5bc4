//! How callers show who they are, as the document says it.

use axum::http::HeaderName;
use serde_json::{Map, Value, json};

/// A security scheme, as OpenAPI 3.1 describes one under `components.securitySchemes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityScheme {
    /// Its name there: letters, digits, `.`, `-` and `_`.
    pub name: String,
    /// What it is.
    pub kind: SecurityKind,
}

/// What a security scheme is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecurityKind {
    /// `type: apiKey`.
    ApiKey(KeyPlace),
    /// `type: http`.
    Http {
        /// As registered with IANA: `basic`, `bearer`.
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
    /// In this parameter of the query: `in: query`.
    Query(String),
}

/// `components.securitySchemes`.
pub(super) fn components(schemes: &[SecurityScheme]) -> Value {
    Value::Object(schemes.iter().map(|scheme| (scheme.name.clone(), component(&scheme.kind))).collect())
}

fn component(kind: &SecurityKind) -> Value {
    match kind {
        SecurityKind::ApiKey(KeyPlace::Header(name)) => {
            json!({ "type": "apiKey", "in": "header", "name": name.as_str() })
        }
        SecurityKind::ApiKey(KeyPlace::Query(name)) => json!({ "type": "apiKey", "in": "query", "name": name }),
        SecurityKind::Http { scheme, bearer_format } => {
            let mut own = json!({ "type": "http", "scheme": scheme.to_lowercase() });
            if let Some(format) = bearer_format {
                own["bearerFormat"] = json!(format);
            }
            own
        }
    }
}

/// `security` of an operation that asks who calls: any of the schemes will do.
pub(super) fn any_of(schemes: &[SecurityScheme]) -> Value {
    let one = |scheme: &SecurityScheme| Value::Object(Map::from_iter([(scheme.name.clone(), json!([]))]));
    schemes.iter().map(one).collect()
}
