//! The messages of the application, by what is typed for them.

use partitura_runtime::app::describe::{Description, HandlerDescription, MessageDescription};
use partitura_runtime::error::{Error, Result};
use partitura_runtime::input::shape::Shape;
use partitura_runtime::line::{help, table};
use partitura_runtime::message::MessageKind;
use partitura_runtime::nearest::did_you_mean;
use serde_json::Value;

use crate::command;

/// The schema of a message that has none.
static ANY: Value = Value::Bool(true);

/// What the application is, as it says itself.
pub(crate) struct Names {
    pub(crate) application: Description,
}

impl Names {
    pub(crate) fn new(application: Description) -> Self {
        Names { application }
    }

    /// The messages that can be sent, the newest version of each.
    pub(crate) fn sendable(&self) -> impl Iterator<Item = &MessageDescription> {
        let newest = |one: &&MessageDescription| {
            let mut others = self.application.messages.iter().filter(|other| base(&other.name) == base(&one.name));
            others.all(|other| other.version <= one.version)
        };
        let is_sent = |one: &&MessageDescription| one.kind != MessageKind::Event && !one.local;
        self.application.messages.iter().filter(is_sent).filter(newest)
    }

    /// The message that is sent by `typed`: its name, or the last part of it if no other message has the same.
    ///
    /// # Errors
    /// Kind not found: code PT0307, with the names that are near; code PT0471, when several messages have that last part.
    pub(crate) fn send(&self, typed: &str) -> Result<&MessageDescription> {
        self.application.sendable(&self.whole(typed)?)
    }

    /// As [`Names::send`], for somebody who asks about a message: events and local ones among them.
    ///
    /// # Errors
    /// As [`Names::send`].
    pub(crate) fn about(&self, typed: &str) -> Result<&MessageDescription> {
        self.application.message(&self.whole(typed)?)
    }

    /// The whole name.
    fn whole(&self, typed: &str) -> Result<String> {
        let (name, version) = match typed.split_once('@') {
            Some((name, version)) => (name, format!("@{version}")),
            None => (typed, String::new()),
        };
        let all = || self.application.messages.iter().map(|message| base(&message.name));
        if name.contains('.') || all().any(|other| other == name) {
            return Ok(typed.to_owned());
        }
        let mut same: Vec<&str> = all().filter(|other| last(other) == name).collect();
        same.dedup();
        match same.as_slice() {
            [one] => Ok(format!("{one}{version}")),
            [] => {
                let names: Vec<&str> = all().chain(command::ALL.iter().map(|command| command.name)).collect();
                let near = did_you_mean(name, names);
                let near =
                    if near.is_empty() { "; `ls` lists the messages, `help` the commands".to_owned() } else { near };
                Err(Error::not_found(format!("no message and no command is named `{typed}`{near}")).with_code("PT0307"))
            }
            many => {
                let many: Vec<String> = many.iter().map(|name| format!("`{name}`")).collect();
                let text = format!("`{typed}` is the last part of several names: {}", many.join(", "));
                Err(Error::not_found(text).with_code("PT0471"))
            }
        }
    }
}

/// The schema of a message's fields.
pub(crate) fn schema(message: &MessageDescription) -> &Value {
    message.schema.as_ref().unwrap_or(&ANY)
}

/// Whether the reply comes item by item.
pub(crate) fn streams(message: &MessageDescription) -> bool {
    message.handlers.iter().any(|handler| handler.streams)
}

/// `accounts.Open@2` without its version.
pub(crate) fn base(name: &str) -> &str {
    name.split('@').next().unwrap_or(name)
}

/// The part behind the last dot.
pub(crate) fn last(name: &str) -> &str {
    base(name).rsplit('.').next().unwrap_or(name)
}

/// The first line of docs.
pub(crate) fn first_line(docs: &str) -> &str {
    docs.trim().lines().next().unwrap_or_default().trim()
}

/// `command`, `local query`
pub(crate) fn kind(message: &MessageDescription) -> String {
    format!("{}{}", if message.local { "local " } else { "" }, message.kind)
}

/// The messages that `pattern` fits, one a line: a part of the name without case, or all of it where `*` stands for anything.
pub(crate) fn list(names: &Names, pattern: Option<&str>) -> String {
    let messages = names.application.messages.iter();
    let fits = |message: &&MessageDescription| pattern.is_none_or(|pattern| fits(pattern, &message.name));
    let row =
        |message: &MessageDescription| [message.name.clone(), kind(message), first_line(&message.docs).to_owned()];
    let rows: Vec<[String; 3]> = messages.filter(fits).map(row).collect();
    table::table("", &rows)
}

fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    if !pattern.contains('*') {
        return name.contains(&pattern);
    }
    let parts: Vec<&str> = pattern.split('*').collect();
    let (Some(first), Some(end)) = (parts.first(), parts.last()) else { return false };
    let Some(mut rest) = name.strip_prefix(first).and_then(|rest| rest.strip_suffix(end)) else { return false };
    for part in parts.get(1..parts.len() - 1).unwrap_or_default() {
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    true
}

/// What there is to know of a message before it is sent.
pub(crate) fn explain(message: &MessageDescription) -> String {
    let shape = Shape::new(schema(message));
    let fields = help::rows(&shape);
    let mut parts = vec![format!("{}, {}", message.name, kind(message))];
    if !message.docs.trim().is_empty() {
        parts.push(message.docs.trim().to_owned());
    }
    if !fields.is_empty() {
        parts.push(format!("Fields\n{}", table::table("  ", &fields)));
    }
    if let Some(reply) = &message.reply {
        parts.push(format!("Reply: {}{reply}", if streams(message) { "a stream of " } else { "" }));
    }
    parts.extend(message.handlers.iter().filter_map(who));
    parts.join("\n\n")
}

/// Who may send it, if that is declared.
fn who(handler: &HandlerDescription) -> Option<String> {
    let access = handler.access.as_ref()?;
    if access.public {
        return Some("Who may send it: anybody".to_owned());
    }
    let mut who = Vec::new();
    if !access.roles.is_empty() {
        who.push(format!("with the role {}", access.roles.join(" or ")));
    }
    if !access.policies.is_empty() {
        who.push(format!("if {} agrees", access.policies.join(" and ")));
    }
    (!who.is_empty()).then(|| format!("Who may send it: callers {}", who.join(", and ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_names() {
        for (pattern, name, expected) in [
            ("open", "accounts.OpenAccount", true),
            ("close", "accounts.OpenAccount", false),
            ("accounts.*", "accounts.OpenAccount", true),
            ("*account", "accounts.OpenAccount", true),
            ("acc*open*count", "accounts.OpenAccount", true),
            ("acc*close*count", "accounts.OpenAccount", false),
            ("accounts*accounts", "accounts", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
