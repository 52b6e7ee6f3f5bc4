//! `config`: what is configured, and where.

use std::collections::BTreeSet;

use partitura_runtime::app::Blueprint;
use partitura_runtime::config::{Config, Entry};
use serde_json::{Value, json};

use crate::exit;
use crate::options::Options;
use crate::table::table;
use crate::world::World;

/// Every value that is set, with its origin and without secrets; every key that could be; and what is wrong with it,
/// told as at start.
pub(crate) fn config(blueprint: &'static Blueprint, options: &Options, as_json: bool, world: &mut World<'_>) -> u8 {
    let config = match options.load(blueprint, world) {
        Ok(config) => config,
        Err(mistakes) => {
            world.tell(mistakes);
            return exit::CONFIGURATION;
        }
    };
    let text = if as_json { crate::describe::json(&data(blueprint, &config)) } else { words(blueprint, &config) };
    let is_written = text.is_empty() || world.answer(text);
    match (blueprint.check_config(&config), is_written) {
        (Err(mistakes), _) => {
            world.tell(mistakes);
            exit::CONFIGURATION
        }
        (Ok(_), true) => exit::DONE,
        (Ok(_), false) => exit::OUTPUT,
    }
}

/// For programs: `{ "profile", "set": [{ "key", "value", "origin" }], "not_set": [{ "key", "type", "required", "variable" }] }`. A value is
/// the text of TOML that stands for it, `***` where it is secret.
fn data(blueprint: &'static Blueprint, config: &Config) -> Value {
    let entries = config.entries();
    let set = entries
        .iter()
        .map(|entry| json!({ "key": entry.key, "value": entry.value, "origin": entry.origin.to_string() }));
    let not_set = unset(blueprint, config, &entries).into_iter().map(|[key, words, variable]| {
        let (need, ty) = words.split_once(", ").unwrap_or_default();
        json!({ "key": key, "type": ty, "required": need == "required", "variable": variable })
    });
    let (set, not_set): (Vec<Value>, Vec<Value>) = (set.collect(), not_set.collect());
    json!({ "profile": config.profile(), "set": set, "not_set": not_set })
}

fn words(blueprint: &'static Blueprint, config: &Config) -> String {
    let entries = config.entries();
    let set: Vec<[String; 2]> = entries
        .iter()
        .map(|entry| [format!("{} = {}", entry.key, entry.value), format!("# {}", entry.origin)])
        .collect();
    let unset = unset(blueprint, config, &entries);
    let mut parts = Vec::new();
    if let Some(profile) = config.profile() {
        parts.push(format!("# profile {profile}"));
    }
    if !set.is_empty() {
        parts.push(table("", &set));
    }
    if !unset.is_empty() {
        parts.push(format!("# not set:\n{}", table("# ", &unset)));
    }
    parts.join("\n")
}

/// The keys that no layer sets.
fn unset(blueprint: &'static Blueprint, config: &Config, entries: &[Entry]) -> Vec<[String; 3]> {
    let under = |key: &str, start: &str| {
        key.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    // Two modules may read one section.
    let mut seen = BTreeSet::new();
    let fields = config.sections().iter().flat_map(|section| section.fields.iter().map(move |field| (section, field)));
    fields
        .map(|(section, field)| (format!("{}.{}", section.name, field.name), section, field))
        .filter(|(key, ..)| !entries.iter().any(|entry| under(&entry.key, key)) && seen.insert(key.clone()))
        .map(|(key, section, field)| {
            let need = if field.required { "required" } else { "optional" };
            [key, format!("{need}, {}", field.ty), section.variable(field, blueprint.env_prefix)]
        })
        .collect()
}
