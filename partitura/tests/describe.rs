//! What an application says of itself has a schema, and the schema is in the repository.
#![allow(missing_docs)]

use std::path::Path;

use partitura::describe::Description;
use partitura::prelude::*;

partitura::app! { Described { modules: [] } }

/// Asks.
#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Ask {
    /// What is asked.
    pub what: String,
}

#[injectable]
pub struct Oracle;

#[handler(timeout = "5s")]
pub async fn ask(query: Ask, _oracle: &Oracle) -> Result<usize> {
    Ok(query.what.len())
}

#[test]
fn describe_has_a_committed_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/describe.schema.json");
    let schema = schemars::schema_for!(Description);
    let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "docs/describe.schema.json is stale: `BLESS=1 cargo test -p partitura --test describe`");
}

#[test]
fn describe_tells_messages_handlers_and_providers() {
    let described = Described::BLUEPRINT.describe();
    let message = &described.messages[0];
    assert_eq!((message.name.as_str(), message.docs.as_str()), ("describe.Ask", "Asks."));
    assert_eq!(message.reply.as_deref(), Some("usize"));
    assert_eq!(message.reply_schema.as_ref().unwrap()["type"], "integer");
    let handler = &message.handlers[0];
    assert_eq!((handler.name.as_str(), handler.timeout_ms), ("ask", Some(5000)));
    assert_eq!(handler.needs[0].ty, "Oracle");
    assert!(handler.place.starts_with("partitura/tests/describe.rs:"), "{}", handler.place);
    assert_eq!(described.providers[0].ty, "Oracle");
    // It comes back as it went.
    let json = serde_json::to_value(&described).unwrap();
    assert_eq!(serde_json::from_value::<Description>(json).unwrap(), described);
}
