//! `NAME --help`: a message's fields as flags.

use super::flags::{Flag, flags};
use super::spelled;
use super::table::table;
use crate::app::describe::{AccessDescription, MessageDescription};
use crate::input::shape::Shape;

/// What the message is, its fields with their types, rules and docs, its reply, who may send it, and a line to begin with; `command`
/// is what stands before the name, such as `bank execute`.
pub fn of(message: &MessageDescription, shape: &Shape<'_>, command: &str) -> String {
    let flags = flags(shape);
    let mut parts = Vec::new();
    if !message.docs.trim().is_empty() {
        parts.push(message.docs.trim().to_owned());
    }
    parts.push(format!("Usage: {command} {}{}", message.name, usage(&flags)));
    if !flags.is_empty() {
        parts.push(format!("Fields:\n{}", table("  ", &rows(shape))));
    }
    let json = "  --json FILE  The whole input as JSON, `-` for stdin; fields win over it";
    parts.push(format!("Options:\n{json}\n  and those of `{command} --help`"));
    if let Some(reply) = reply(message) {
        parts.push(format!("Reply: {reply}"));
    }
    if let Some(who) = who(message) {
        parts.push(format!("Who may send it: {who}"));
    }
    if let Some(arguments) = spelled::example(shape).and_then(|value| spelled::arguments(shape, &value)) {
        let arguments = spelled::quoted(&arguments);
        parts.push(format!("Example:\n  {}", format!("{command} {} {arguments}", message.name).trim_end()));
    }
    parts.join("\n\n")
}

/// One row per flag: its name, type and rules, docs.
pub fn rows(shape: &Shape<'_>) -> Vec<[String; 3]> {
    let row = |flag: Flag| {
        let need = match (flag.required, flag.depth) {
            (true, 0) => "required",
            (true, _) => "required in it",
            (false, _) => "optional",
        };
        let repeated = if flag.is_list { ", may be repeated" } else { "" };
        let rules: String = flag.rules.iter().map(|rule| format!(", {rule}")).collect();
        let default = flag.default.map(|default| format!(" [default: {default}]")).unwrap_or_default();
        let docs = format!("{}{default}", flag.docs).trim_start().to_owned();
        [format!("{}{}", "  ".repeat(flag.depth), flag.name), format!("{need}, {}{rules}{repeated}", flag.words), docs]
    };
    flags(shape).into_iter().map(row).collect()
}

/// The reply's type, and whether it comes item by item.
pub fn reply(message: &MessageDescription) -> Option<String> {
    let streams = message.handlers.iter().any(|handler| handler.streams);
    let reply = message.reply.as_deref()?;
    Some(format!("{}{reply}", if streams { "a stream of " } else { "" }))
}

/// Who may send the message, if that is declared: `anybody`, `teller or manager, if OwnBranch agrees`.
pub fn who(message: &MessageDescription) -> Option<String> {
    let AccessDescription { public, roles, policies } = message.handlers.first()?.access.as_ref()?;
    if *public {
        return Some("anybody".to_owned());
    }
    let roles = (!roles.is_empty()).then(|| roles.join(" or "));
    let policies = policies.iter().map(|policy| format!("if {policy} agrees"));
    Some(roles.into_iter().chain(policies).collect::<Vec<_>>().join(", "))
}

fn usage(flags: &[Flag]) -> String {
    let text = |flag: &Flag| {
        let value = if flag.is_switch { "" } else { " VALUE" };
        let text = format!("{}{value}", flag.name);
        if flag.required { format!(" {text}") } else { format!(" [{text}]") }
    };
    flags.iter().filter(|flag| flag.depth == 0).map(text).collect()
}
