//! `describe`: what was made of the code.

use partitura_runtime::app::Blueprint;
use partitura_runtime::app::describe::{
    Description, HandlerDescription, MessageDescription, NeedDescription, NeedForm,
};
use serde_json::Value;

use crate::execute::{self, field_rows};
use crate::table::{count, table};
use crate::world::World;
use crate::{exit, ls};

/// The application or one message of it, for people or as JSON.
pub(crate) fn describe(
    blueprint: &'static Blueprint,
    name: Option<&String>,
    as_json: bool,
    world: &mut World<'_>,
) -> u8 {
    let described = blueprint.describe();
    let text = match name {
        None if as_json => json(&described),
        None => application(&described),
        Some(name) => match execute::any(&described, name) {
            Ok(found) if as_json => json(found),
            Ok(found) => message(found),
            Err(text) => {
                world.tell(format_args!("error[PT0307]: {text}"));
                return exit::NOT_FOUND;
            }
        },
    };
    if world.answer(text) { exit::DONE } else { exit::OUTPUT }
}

/// `value` as JSON for people and programs.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    // Fails for keys that are no texts only, which nothing here has.
    serde_json::to_string_pretty(value).unwrap_or_else(|error| format!("{{ \"error\": \"{error}\" }}"))
}

fn application(described: &Description) -> String {
    let own = &described.application;
    let mut parts = vec![format!("{} {}, composed at {}", own.name, own.version, own.place)];
    let modules: Vec<[String; 3]> = described
        .modules
        .iter()
        .map(|module| {
            let imports: Vec<String> = module
                .imports
                .iter()
                .map(|import| if import.optional { format!("{}?", import.ty) } else { import.ty.clone() })
                .collect();
            let sides = [("imports", imports.join(", ")), ("exports", module.exports.join(", "))];
            let sides = sides.iter().filter(|(_, list)| !list.is_empty());
            let sides: Vec<String> = sides.map(|(word, list)| format!("{word} {list}")).collect();
            [module.name.clone(), module.place.clone(), sides.join("; ")]
        })
        .collect();
    section(&mut parts, count(modules.len(), "module"), &modules);
    let messages: Vec<[String; 3]> = described
        .messages
        .iter()
        .map(|message| [message.name.clone(), ls::kind(message), ls::first_line(&message.docs)])
        .collect();
    section(&mut parts, count(messages.len(), "message"), &messages);
    let plans: Vec<[String; 3]> = described
        .plans
        .iter()
        .map(|plan| {
            let on = plan.on.map(|on| format!(", at the {}", json(&on).trim_matches('"'))).unwrap_or_default();
            [plan.name.clone(), format!("{}{on}", count(plan.steps.len(), "step")), ls::first_line(&plan.docs)]
        })
        .collect();
    section(&mut parts, count(plans.len(), "plan"), &plans);
    let providers: Vec<[String; 4]> = described
        .providers
        .iter()
        .map(|provider| {
            let name = provider.named.as_ref().map(|name| format!(" \"{name}\"")).unwrap_or_default();
            let needs = needs(&provider.needs);
            let lifetime = json(&provider.lifetime).trim_matches('"').to_owned();
            [format!("{}{name}", provider.ty), lifetime, format!("by {} at {}", provider.by, provider.place), needs]
        })
        .collect();
    section(&mut parts, count(providers.len(), "provider"), &providers);
    let keys: Vec<[String; 3]> = described
        .configuration
        .iter()
        .flat_map(|section| section.keys.iter().map(move |key| (&section.name, key)))
        .map(|(section, key)| {
            let need = if key.required { "required" } else { "optional" };
            let secret = if key.secret { ", secret" } else { "" };
            [format!("{section}.{}", key.name), format!("{need}{secret}"), key.variable.clone()]
        })
        .collect();
    section(&mut parts, "configuration".to_owned(), &keys);
    parts.join("\n\n")
}

fn section<const N: usize>(parts: &mut Vec<String>, title: String, rows: &[[String; N]]) {
    if !rows.is_empty() {
        parts.push(format!("{title}\n{}", table("  ", rows)));
    }
}

fn message(message: &MessageDescription) -> String {
    let mut parts = vec![format!("{}, {} at {}", message.name, ls::kind(message), message.place)];
    if !message.docs.trim().is_empty() {
        parts.push(message.docs.trim().to_owned());
    }
    let any = Value::Bool(true);
    let rows = field_rows(message.schema.as_ref().unwrap_or(&any));
    section(&mut parts, "fields".to_owned(), &rows);
    if let Some(reply) = &message.reply {
        let streams = message.handlers.iter().any(|handler| handler.streams);
        parts.push(format!("reply\n  {}{reply}", if streams { "a stream of " } else { "" }));
    }
    let rows: Vec<[String; 3]> = message.handlers.iter().map(handler).collect();
    section(&mut parts, count(rows.len(), "handler"), &rows);
    parts.join("\n\n")
}

fn handler(handler: &HandlerDescription) -> [String; 3] {
    let timeout = handler.timeout_ms.map(|timeout| format!(", at most {timeout} ms")).unwrap_or_default();
    let place = format!("at {}{timeout}", handler.place);
    [format!("{}::{}", handler.module, handler.name), place, needs(&handler.needs)]
}

fn needs(needs: &[NeedDescription]) -> String {
    let words = needs.iter().map(|need| match need.form {
        NeedForm::One => need.ty.clone(),
        NeedForm::Optional => format!("{}?", need.ty),
        NeedForm::All => format!("all {}", need.ty),
    });
    let words = words.collect::<Vec<_>>().join(", ");
    if words.is_empty() { words } else { format!("needs {words}") }
}
