//! What is told of the application: `partitura://describe`, and each message as `partitura://messages/{name}`.

use partitura_runtime::app::describe::{Description, MessageDescription};
use partitura_runtime::error::{Error, Result};
use partitura_runtime::identity::Identity;
use rmcp::model::{Resource, ResourceContents, ResourceTemplate};

use crate::config::Described;
use crate::shared::Shared;

const DESCRIBE: &str = "partitura://describe";
const MESSAGES: &str = "partitura://messages/";
const JSON: &str = "application/json";

/// Those that `identity` may read.
pub(crate) fn list(shared: &Shared, identity: &Identity) -> Vec<Resource> {
    if shared.config.describe == Described::Off {
        return Vec::new();
    }
    let whole = Resource::new(DESCRIBE, "describe")
        .with_title(shared.app.name())
        .with_description("What the application consists of")
        .with_mime_type(JSON);
    let described = described(shared, identity);
    let messages = described.messages.iter().map(|message| {
        let resource = Resource::new(format!("{MESSAGES}{}", message.name), message.name.clone()).with_mime_type(JSON);
        match message.docs.trim().lines().next() {
            Some(line) => resource.with_description(line),
            None => resource,
        }
    });
    std::iter::once(whole).chain(messages).collect()
}

pub(crate) fn templates(shared: &Shared) -> Vec<ResourceTemplate> {
    match shared.config.describe {
        Described::Off => Vec::new(),
        _ => vec![
            ResourceTemplate::new(format!("{MESSAGES}{{name}}"), "message")
                .with_description("A message: its fields, its reply and who may send it")
                .with_mime_type(JSON),
        ],
    }
}

/// What stands at `uri`.
///
/// # Errors
/// Kind not found if nothing does, for `identity`.
pub(crate) fn read(shared: &Shared, identity: &Identity, uri: &str) -> Result<ResourceContents> {
    let unknown =
        || Error::not_found(format!("no resource is at `{uri}`; `resources/list` lists all")).with_code("PT0307");
    if shared.config.describe == Described::Off {
        return Err(unknown());
    }
    let described = described(shared, identity);
    let text = match uri.strip_prefix(MESSAGES) {
        Some(name) => serde_json::to_string_pretty(described.message(name)?)?,
        None if uri == DESCRIBE => serde_json::to_string_pretty(&described)?,
        None => return Err(unknown()),
    };
    Ok(ResourceContents::text(text, uri).with_mime_type(JSON))
}

/// All of it; or the tools alone, without what only those who build the application need to know.
fn described(shared: &Shared, identity: &Identity) -> Description {
    let mut described = shared.app.describe();
    if shared.config.describe == Described::All {
        return described;
    }
    let shown: Vec<&str> = shared.tools.shown_to(identity).map(|tool| tool.message.as_str()).collect();
    described.messages.retain(|message| shown.contains(&message.name.as_str()));
    described.messages.iter_mut().for_each(without_inside);
    described.application.place.clear();
    described.modules.clear();
    described.routes.clear();
    described.topics.clear();
    described.plans.clear();
    described.behaviors.clear();
    described.providers.clear();
    described.configuration.clear();
    described
}

fn without_inside(message: &mut MessageDescription) {
    message.place.clear();
    for handler in &mut message.handlers {
        handler.place.clear();
        handler.needs.clear();
        handler.behaviors.clear();
    }
}
