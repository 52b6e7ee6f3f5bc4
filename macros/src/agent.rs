//! `agent` and `agent(title = "..", destructive = false, open_world = false)` of a handler or a plan: its message is a tool of
//! agents.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{LitBool, LitStr, Type};

use crate::route::check;
use crate::support::keys::{Form, Key, Keys, key};
use crate::support::sink::Sink;

/// The key, for the tables of the attributes that have it.
pub(crate) const KEY: Key =
    key("agent", Form::FlagOrList, "agent` or `agent(title = \"Open an account\", destructive = false)");

const KEYS: &[Key] = &[
    key("title", Form::Text, "title = \"Open an account\""),
    key("destructive", Form::Bool, "destructive = false"),
    key("open_world", Form::Bool, "open_world = false"),
];

/// What is said of a tool.
pub(crate) struct Agent {
    key: Ident,
    title: Option<LitStr>,
    destructive: Option<LitBool>,
    open_world: Option<LitBool>,
}

impl Agent {
    /// Reads it, if it is there.
    pub(crate) fn read(keys: &Keys, sink: &mut Sink) -> Option<Agent> {
        let key = keys.flag("agent")?.clone();
        let Some((_, tokens)) = keys.list("agent") else {
            return Some(Agent { key, title: None, destructive: None, open_world: None });
        };
        let own = Keys::parse("agent(..)", KEYS, tokens.clone(), sink);
        if let Some(title) = own.text("title").filter(|title| title.value().trim().is_empty()) {
            sink.at(title, "a title is what a person reads: `title = \"Open an account\"` [PT0480]");
        }
        Some(Agent {
            key,
            title: own.text("title").cloned(),
            destructive: own.bool("destructive").cloned(),
            open_world: own.bool("open_world").cloned(),
        })
    }

    /// Where errors about it are shown.
    pub(crate) fn key(&self) -> &Ident {
        &self.key
    }

    /// What the handler's entry says of it.
    pub(crate) fn value(&self) -> TokenStream {
        let title = self.title.as_ref().map(|title| quote!(.title(#title)));
        let destructive = self.destructive.as_ref().map(|is| quote!(.destructive(#is)));
        let open_world = self.open_world.as_ref().map(|is| quote!(.open_world(#is)));
        quote!(.agent(&__partitura::rt::Agent::new() #title #destructive #open_world))
    }

    /// What the compiler checks: that the message travels, and that what reads is not said to destroy.
    pub(crate) fn checks(&self, message: &Type) -> TokenStream {
        let mut checks = check(&self.key, quote!(for_agents::<#message>()));
        if let Some(destructive) = &self.destructive {
            checks.extend(check(destructive, quote!(may_destroy::<#message>())));
        }
        checks
    }
}
