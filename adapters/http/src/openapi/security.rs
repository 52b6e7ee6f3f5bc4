//! How callers show who they are, as the document says it.

use serde_json::{Map, Value, json};

use crate::auth::{KeyPlace, SecurityKind, SecurityScheme};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_is_told_by_its_registered_name() {
        let kind = SecurityKind::Http { scheme: "Bearer".into(), bearer_format: Some("JWT") };
        let schemes = [SecurityScheme { name: "bearer.main".into(), kind }];
        let told = json!({ "bearer.main": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } });
        assert_eq!((components(&schemes), any_of(&schemes)), (told, json!([{ "bearer.main": [] }])));
    }
}
