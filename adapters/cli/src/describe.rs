//! `describe`: what was made of the code.

use std::path::Path;

use partitura_description::Description as Described;
use partitura_description::diff::{changes, is_breaking};
use partitura_runtime::app::Blueprint;
use partitura_runtime::app::describe::{
    Description, HandlerDescription, MessageDescription, NeedDescription, NeedForm,
};
use partitura_runtime::input::shape::Shape;
use partitura_runtime::line::help;
use partitura_runtime::line::output::Output;
use partitura_runtime::message::MessageKind;
use serde_json::Value;

use crate::description::read;
use crate::execute;
use crate::table::{count, table};
use crate::world::World;
use crate::{exit, ls};

/// The application or one message of it, for people or as data.
pub(crate) fn describe(
    blueprint: &'static Blueprint,
    name: Option<&String>,
    output: Option<Output>,
    world: &mut World<'_>,
) -> u8 {
    let described = blueprint.describe();
    let found = match name.map(|name| execute::any(&described, name)).transpose() {
        Ok(found) => found,
        Err(text) => {
            world.tell(format_args!("error[PT0307]: {text}"));
            return exit::NOT_FOUND;
        }
    };
    let written = match (found, output) {
        (None, None) => world.answer(application(&described)),
        (Some(found), None) => world.answer(message(&described, found)),
        (None, Some(Output::Json)) => world.answer(json(&described)),
        (Some(found), Some(Output::Json)) => world.answer(json(found)),
        (None, Some(output)) => world.answer_as(output, &data(&described)),
        (Some(found), Some(output)) => world.answer_as(output, &data(found)),
    };
    if written { exit::DONE } else { exit::OUTPUT }
}

/// What changed since the description in `file`.
pub(crate) fn diff(blueprint: &'static Blueprint, file: &Path, as_json: bool, world: &mut World<'_>) -> u8 {
    let old = std::fs::read(file).map_err(|error| error.to_string());
    let old = old.and_then(|bytes| serde_json::from_slice(&bytes).map_err(|error| format!("is no JSON: {error}")));
    let old = old.and_then(|value| Described::read(value).map_err(|error| error.to_string()));
    let old = match old {
        Ok(old) => old,
        Err(error) => {
            world.tell(format_args!(
                "--diff {}: {error}; `{} describe --json` writes one",
                file.display(),
                world.program.clone()
            ));
            return exit::USAGE;
        }
    };
    let Some(new) = read(blueprint, world) else { return exit::INTERNAL };
    let changes = changes(&old, &new);
    let text = match as_json {
        true => json(&changes),
        false => changes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    };
    if text.is_empty() {
        world.tell("no difference");
    } else if !world.answer(text) {
        return exit::OUTPUT;
    }
    if is_breaking(&changes) { exit::DIFFERENT } else { exit::DONE }
}

/// As the value that its JSON is.
fn data(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
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
    let routes: Vec<[String; 2]> = described
        .routes
        .iter()
        .map(|route| {
            let leads = route.message.as_ref().or(route.controller.as_ref()).cloned().unwrap_or_default();
            [format!("{} {}", route.method.name(), route.path), leads]
        })
        .collect();
    section(&mut parts, count(routes.len(), "route"), &routes);
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

/// One message: what it is, its fields, what comes back, who may, and everything that is bound to it.
fn message(described: &Description, message: &MessageDescription) -> String {
    let mut parts = vec![format!("{}, {} at {}", message.name, ls::kind(message), message.place)];
    if !message.docs.trim().is_empty() {
        parts.push(message.docs.trim().to_owned());
    }
    let any = Value::Bool(true);
    let rows = help::rows(&Shape::new(message.schema.as_ref().unwrap_or(&any)));
    section(&mut parts, "fields".to_owned(), &rows);
    if let Some(reply) = help::reply(message) {
        parts.push(format!("reply\n  {reply}"));
    }
    if message.kind != MessageKind::Event {
        let who = help::who(message).unwrap_or_else(|| "nothing is said".to_owned());
        parts.push(format!("who may send it\n  {who}"));
    }
    let routes: Vec<[String; 2]> = described
        .routes
        .iter()
        .filter(|route| route.message.as_ref() == Some(&message.name))
        .map(|route| [format!("{} {}", route.method.name(), route.path), format!("at {}", route.place)])
        .collect();
    section(&mut parts, count(routes.len(), "route"), &routes);
    let plans: Vec<[String; 3]> = described
        .plans
        .iter()
        .filter(|plan| plan.message == message.name)
        .map(|plan| [plan.name.clone(), count(plan.steps.len(), "step"), format!("at {}", plan.place)])
        .collect();
    section(&mut parts, "runs the plan".to_owned(), &plans);
    let rows: Vec<[String; 3]> = message.handlers.iter().map(handler).collect();
    let word = if message.kind == MessageKind::Event { "subscriber" } else { "handler" };
    section(&mut parts, count(rows.len(), word), &rows);
    parts.join("\n\n")
}

fn handler(handler: &HandlerDescription) -> [String; 3] {
    let mut words = Vec::new();
    words.extend(handler.timeout_ms.map(|timeout| format!("at most {timeout} ms")));
    if handler.idempotent {
        words.push("idempotent".to_owned());
    }
    if handler.retries > 0 {
        words.push(format!("{} tries", handler.retries + 1));
    }
    if !handler.behaviors.is_empty() {
        words.push(format!("within {}", handler.behaviors.join(", ")));
    }
    words.extend(Some(needs(&handler.needs)).filter(|needs| !needs.is_empty()));
    [format!("{}::{}", handler.module, handler.name), format!("at {}", handler.place), words.join("; ")]
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
