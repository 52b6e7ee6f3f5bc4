//! Who may call a method: `allow("teller")`, `public`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Token};

use crate::support::keys::{Keys, skip};
use crate::support::sink::Sink;

/// Who may.
#[derive(Clone)]
pub(super) enum Access {
    Public,
    Allow(Vec<LitStr>),
}

impl Access {
    pub(super) fn read(keys: &Keys, sink: &mut Sink) -> Option<Access> {
        let public = keys.flag("public");
        let Some((key, tokens)) = keys.list("allow") else { return public.map(|_| Access::Public) };
        if let Some(public) = public {
            sink.at(public, "a method is `public`, or for those whom `allow(..)` names, not both [PT0121]");
        }
        if tokens.is_empty() {
            sink.at(key, "`allow` names the roles that may: `allow(\"teller\")`; for anybody say `public` [PT0122]");
        }
        let mut roles: Vec<LitStr> = Vec::new();
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                match input.peek(LitStr) {
                    true => roles.push(input.parse()?),
                    false => {
                        refuse(input, sink);
                        skip(input);
                    }
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        let parsed = Parser::parse2(parser, tokens.clone());
        sink.take(parsed);
        for role in roles.iter().filter(|role| role.value().trim().is_empty()) {
            sink.at(role, "a role has a name: `allow(\"teller\")` [PT0122]");
        }
        Some(Access::Allow(roles))
    }

    pub(super) fn value(&self) -> TokenStream {
        match self {
            Access::Public => quote!(.public()),
            Access::Allow(roles) => quote!(.allow(&[#(#roles),*])),
        }
    }
}

fn refuse(input: ParseStream<'_>, sink: &mut Sink) {
    match input.fork().parse::<syn::Type>() {
        Ok(policy) => {
            let text = crate::support::spans::text(&policy);
            let advice = match text.starts_with(char::is_lowercase) {
                true => format!("write `allow(\"{text}\")`"),
                false => format!(
                    "a policy judges a message, and a method takes none: say `{text}` at the handler of the message that the method sends, `#[handler(allow({text}))]`"
                ),
            };
            sink.at(&policy, format!("a route names roles, as texts: {advice} [PT0429]"));
        }
        Err(_) => sink.span(input.span(), "a route names roles, as texts: `allow(\"teller\", \"admin\")` [PT0429]"),
    }
}
