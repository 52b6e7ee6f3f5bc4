//! The tools of an application: its messages whose handlers say `agent`, less what the configuration leaves out.

use std::collections::HashMap;
use std::sync::Arc;

use partitura_runtime::access::Access;
use partitura_runtime::app::Blueprint;
use partitura_runtime::error::{Error, Failure, Result};
use partitura_runtime::identity::Identity;
use partitura_runtime::message::MessageKind;
use partitura_runtime::module::{Handler, NamedCall};
use partitura_runtime::nearest::did_you_mean;
use rmcp::model::ToolAnnotations;

use crate::config::{McpConfig, unless_wrong};
use crate::schema::{self, Form};

/// The most letters that the protocol recommends for a name.
const LONGEST_NAME: usize = 128;

/// One tool.
pub(crate) struct Tool {
    /// The message, as it is described: `accounts.OpenAccount`, `accounts.OpenAccount@2`.
    pub(crate) message: String,
    /// The message, as it is sent: where there are several versions, with its own.
    pub(crate) sent: String,
    /// What clients are told.
    pub(crate) shown: rmcp::model::Tool,
    pub(crate) streams: bool,
    pub(crate) takes: Form,
    pub(crate) gives: Form,
    access: Access,
}

impl Tool {
    /// Whether `identity` has a role for it, as far as roles decide.
    pub(crate) fn is_for(&self, identity: &Identity) -> bool {
        match self.access {
            Access::Allow { roles, .. } => roles.is_empty() || roles.iter().any(|role| identity.has_role(role)),
            Access::Public | Access::Undeclared => true,
        }
    }
}

/// All of an application, by name.
pub(crate) struct Tools {
    list: Vec<Arc<Tool>>,
    by_name: HashMap<String, usize>,
    /// Whether those are hidden from a caller who has no role for them.
    hides: bool,
}

impl Tools {
    /// # Errors
    /// Kind invalid: code PT0481 for two tools of one name and for a name that is too long, code PT0485 for a name in `allow` or
    /// `deny` that is no tool's.
    pub(crate) fn new(blueprint: &'static Blueprint, config: &McpConfig) -> Result<Self> {
        let handlers: Vec<&Handler> = blueprint
            .handlers()
            .into_iter()
            .map(|(_, handler)| handler)
            .filter(|handler| handler.agent.is_some() && !handler.message.local)
            .collect();
        check_names(&handlers, config)?;
        let mut versions: HashMap<String, usize> = HashMap::new();
        for (_, handler) in blueprint.handlers() {
            *versions.entry(handler.base_name()).or_default() += 1;
        }
        let mut list: Vec<Arc<Tool>> = handlers
            .into_iter()
            .filter(|handler| is_wanted(&handler.full_name(), config))
            .map(|handler| Arc::new(tool(handler, versions[&handler.base_name()] > 1, config.dots)))
            .collect();
        list.sort_by(|one, other| one.shown.name.cmp(&other.shown.name));
        let mut by_name = HashMap::new();
        let mut texts = Vec::new();
        for (at, tool) in list.iter().enumerate() {
            let name = tool.shown.name.to_string();
            if name.len() > LONGEST_NAME {
                texts.push(format!(
                    "`{}` is {} letters long, and a tool's name at most {LONGEST_NAME}: give the message a shorter `name`",
                    tool.message,
                    name.len()
                ));
            }
            if let Some(first) = by_name.insert(name, at) {
                let first: &Tool = &list[first];
                texts.push(format!(
                    "`{}` and `{}` would both be the tool `{}`: give one of them another `name`, or leave it out with `mcp.deny`",
                    first.message, tool.message, tool.shown.name
                ));
            }
        }
        match texts.is_empty() {
            true => Ok(Tools { list, by_name, hides: config.hide }),
            false => Err(Error::invalid(texts.join("; ")).with_code("PT0481")),
        }
    }

    /// Those that `identity` is shown, by name.
    pub(crate) fn shown_to<'a>(&'a self, identity: &'a Identity) -> impl Iterator<Item = &'a Arc<Tool>> {
        self.list.iter().filter(move |tool| !self.hides || tool.is_for(identity))
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Arc<Tool>> {
        self.by_name.get(name).map(|at| &self.list[*at])
    }

    /// The tool of this name.
    ///
    /// # Errors
    /// Kind not found, code PT0307, with those near of what `identity` is shown.
    pub(crate) fn find(&self, name: &str, identity: &Identity) -> Result<&Arc<Tool>> {
        self.named(name).ok_or_else(|| {
            let near = did_you_mean(name, self.shown_to(identity).map(|tool| &*tool.shown.name));
            let near = if near.is_empty() { "; `tools/list` lists all".to_owned() } else { near };
            Error::not_found(format!("no tool is named `{name}`{near}")).with_code("PT0307")
        })
    }
}

/// Whether `pattern`, a name or `accounts.*`, is of `name`.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

fn is_wanted(name: &str, config: &McpConfig) -> bool {
    let listed = |list: &[String]| list.iter().any(|pattern| fits(pattern, name));
    (config.allow.is_empty() || listed(&config.allow)) && !listed(&config.deny)
}

fn check_names(handlers: &[&Handler], config: &McpConfig) -> Result<()> {
    let names: Vec<String> = handlers.iter().map(|handler| handler.full_name()).collect();
    let lists = [("mcp.allow", &config.allow), ("mcp.deny", &config.deny)];
    let faults: Vec<Failure> = lists
        .into_iter()
        .flat_map(|(key, list)| list.iter().map(move |pattern| (key, pattern)))
        .filter(|(_, pattern)| !names.iter().any(|name| fits(pattern, name)))
        .map(|(key, pattern)| {
            let near = did_you_mean(pattern, names.iter().map(String::as_str));
            let near = if near.is_empty() { "; its handler must say `agent`".to_owned() } else { near };
            Failure::new(key, "unknown", format!("`{pattern}` is no message for agents{near}"))
        })
        .collect();
    unless_wrong("the section `mcp` names tools that are not there", faults)
}

fn tool(handler: &Handler, has_versions: bool, dots: bool) -> Tool {
    let message = handler.full_name();
    let sent = match has_versions {
        true => format!("{}@{}", handler.base_name(), handler.message.version),
        false => message.clone(),
    };
    let streams = matches!(handler.call, NamedCall::Stream(_));
    let (arguments, takes) = schema::input((handler.schema)());
    let (reply, gives) = schema::output((handler.reply_schema)(), streams);
    let description = handler.message.docs.trim();
    let description = (!description.is_empty()).then(|| description.to_owned().into());
    let mut shown = rmcp::model::Tool::new_with_raw(name_of(&message, dots), description, arguments);
    shown.title = handler.agent.and_then(|agent| agent.title).map(str::to_owned);
    shown.output_schema = reply.map(Arc::new);
    shown.annotations = Some(annotations(handler));
    Tool { message, sent, shown, streams, takes, gives, access: handler.around.access }
}

fn annotations(handler: &Handler) -> ToolAnnotations {
    let agent = handler.agent.copied().unwrap_or_default();
    let mut annotations = ToolAnnotations::new().read_only(handler.message.kind == MessageKind::Query);
    annotations.title = agent.title.map(str::to_owned);
    if handler.message.kind == MessageKind::Command {
        annotations = annotations.destructive(agent.destructive.unwrap_or(true)).idempotent(handler.around.idempotent);
    }
    annotations.open_world_hint = agent.open_world;
    annotations
}

/// `accounts.OpenAccount`; of `accounts.OpenAccount@2` and `accounts.Save<User>` what the protocol allows in a name.
fn name_of(message: &str, dots: bool) -> String {
    let mut name = String::with_capacity(message.len());
    for letter in message.trim_end_matches('>').chars() {
        match letter {
            '.' if dots => name.push('.'),
            letter if letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-') => name.push(letter),
            _ if name.ends_with('_') => {}
            _ => name.push('_'),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_the_protocol_allows() {
        let name = |message| (name_of(message, true), name_of(message, false));
        assert_eq!(name("bank.Open"), ("bank.Open".to_owned(), "bank_Open".to_owned()));
        assert_eq!(name_of("bank.Open@2", true), "bank.Open_2");
        assert_eq!(name_of("bank.Save<Option<User>>", true), "bank.Save_Option_User");
        assert_eq!(name_of("bank.Größe", true), "bank.Gr_e");
    }

    #[test]
    fn patterns_are_names_and_beginnings() {
        assert!(fits("bank.*", "bank.Open") && fits("bank.Open", "bank.Open") && fits("*", "bank.Open"));
        assert!(!fits("bank.Op", "bank.Open") && !fits("shop.*", "bank.Open"));
    }
}
