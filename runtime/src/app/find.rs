//! A message by its name, for those who type one.

use super::describe::{Description, MessageDescription};
use crate::error::{Error, Result};
use crate::message::MessageKind;
use crate::nearest::did_you_mean;

impl Description {
    /// The message of this name, `module.Type` (the newest version) or `module.Type@version`; events and local messages among
    /// them.
    ///
    /// # Errors
    /// Kind not found, code PT0307, with the names that are near.
    pub fn message(&self, name: &str) -> Result<&MessageDescription> {
        let base = |message: &MessageDescription| message.name.split('@').next().unwrap_or_default().to_owned();
        let (wanted, version) = match name.rsplit_once('@') {
            Some((wanted, version)) => (wanted, Some(version)),
            None => (name, None),
        };
        let all: Vec<&MessageDescription> = self.messages.iter().filter(|message| base(message) == wanted).collect();
        let found = match version {
            None => all.iter().max_by_key(|message| message.version),
            Some(version) => all.iter().find(|message| message.version.to_string() == version),
        };
        if let Some(message) = found {
            return Ok(message);
        }
        if !all.is_empty() {
            let known: Vec<String> = all.iter().map(|message| format!("`{wanted}@{}`", message.version)).collect();
            return Err(unknown(format!("no message is named `{name}`; there is {}", known.join(", "))));
        }
        let names: Vec<String> = self.messages.iter().map(base).collect();
        let near = did_you_mean(name, names.iter().map(String::as_str));
        let near = if near.is_empty() { "; `ls` lists all names".to_owned() } else { near };
        Err(unknown(format!("no message is named `{name}`{near}")))
    }

    /// As [`Description::message`], if it can be sent from outside.
    ///
    /// # Errors
    /// Also for an event, which nobody answers, and for a local message.
    pub fn sendable(&self, name: &str) -> Result<&MessageDescription> {
        let message = self.message(name)?;
        if message.kind == MessageKind::Event {
            return Err(unknown(format!("`{name}` is an event: handlers emit it, and nobody answers it")));
        }
        if message.local {
            let text = format!("`{name}` is local: it is reachable from code only, since its type says `local`");
            return Err(unknown(text));
        }
        Ok(message)
    }
}

#[cold]
fn unknown(text: String) -> Error {
    Error::not_found(text).with_code("PT0307")
}
