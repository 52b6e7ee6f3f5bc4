//! `ls`: the messages.

use partitura_runtime::app::Blueprint;
use partitura_runtime::app::describe::MessageDescription;
use partitura_runtime::line::output::Output;
use serde_json::{Value, json};

use crate::exit;
use crate::table::table;
use crate::world::World;

/// One line per message: its name, its kind, and the first line of its docs. Or that as data.
pub(crate) fn ls(blueprint: &'static Blueprint, output: Option<Output>, world: &mut World<'_>) -> u8 {
    let messages = blueprint.describe().messages;
    let rows = messages.iter().map(|message| [message.name.clone(), kind(message), first_line(&message.docs)]);
    if let Some(output) = output {
        let row = |[name, kind, docs]: [String; 3]| json!({ "name": name, "kind": kind, "docs": docs });
        let rows: Vec<Value> = rows.map(row).collect();
        return if world.answer_as(output, &Value::Array(rows)) { exit::DONE } else { exit::OUTPUT };
    }
    if messages.is_empty() {
        world.tell(format_args!("{} has no messages", blueprint.name));
        return exit::DONE;
    }
    if world.answer(table("", &rows.collect::<Vec<_>>())) { exit::DONE } else { exit::OUTPUT }
}

/// `command`, `local query`, `query for agents`
pub(crate) fn kind(message: &MessageDescription) -> String {
    let local = if message.local { "local " } else { "" };
    let agents = if message.agent.is_some() { " for agents" } else { "" };
    format!("{local}{}{agents}", message.kind)
}

/// The first sentence as it stands: the first line.
pub(crate) fn first_line(docs: &str) -> String {
    docs.trim().lines().next().unwrap_or_default().trim().to_owned()
}
