//! What stands around a handler: `idempotent, retries = 3, allow("teller", OwnBranch), behaviors(Audit)`.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, LitStr, Token, Type};

use super::model::Taken;
use crate::support::instances::Instance;
use crate::support::keys::{Keys, milliseconds, once, skip};
use crate::support::needs::{self, Use};
use crate::support::sink::Sink;
use crate::support::spans;

/// What is declared around a handler.
#[derive(Default)]
pub(crate) struct Around {
    idempotent: bool,
    retries: u32,
    backoff_ms: u64,
    access: Option<Access>,
    behaviors: Vec<Type>,
}

/// Who may send the message.
enum Access {
    Public,
    Allow { roles: Vec<LitStr>, policies: Vec<Type> },
}

impl Around {
    pub(crate) fn read(keys: &Keys, taken: Option<&Taken>, sink: &mut Sink) -> Around {
        let idempotent = keys.flag("idempotent").is_some();
        let mut around = Around { idempotent, ..Around::default() };
        if let Some(literal) = keys.number("retries") {
            match literal.base10_parse::<u32>() {
                Ok(retries) if (1..=100).contains(&retries) => around.retries = retries,
                _ => sink.at(literal, "a number of retries is from 1 to 100: `retries = 3` [PT0120]"),
            }
            if !idempotent {
                sink.at(
                    literal,
                    "only a handler that may run twice is tried again: say so with `idempotent, retries = ..` [PT0167]",
                );
            }
        }
        if let Some(literal) = keys.text("backoff") {
            around.backoff_ms = milliseconds(literal, sink);
            if keys.number("retries").is_none() {
                sink.at(
                    literal,
                    "`backoff` is the wait before a retry: `idempotent, retries = 3, backoff = ..` [PT0167]",
                );
            }
        }
        around.access = access(keys, sink);
        if let Some((key, tokens)) = keys.list("behaviors") {
            around.behaviors = once(types(key, tokens, "behaviors(Audit, Cache)", sink), "the behavior ", sink);
        }
        if let Some(Taken::Reference(_)) = taken {
            let refused = ["idempotent", "retries", "backoff", "allow", "public"];
            for key in refused.iter().filter_map(|name| keys.flag(name)) {
                sink.at(
                    key,
                    format!("an event is a fact, told to each subscriber once and refused by none: `{key}` is for handlers of commands and queries [PT0121]"),
                );
            }
        }
        if let (Some(Taken::Value(_)), Some(key)) = (taken, keys.flag("topic")) {
            sink.at(
                key,
                "a topic is listened to: the handler takes an event, by reference: `event: &AnyEvent` [PT0121]",
            );
        }
        around
    }

    fn is_plain(&self) -> bool {
        !self.idempotent && self.access.is_none()
    }

    /// True if it must have a context of its own.
    pub(crate) fn has_behaviors(&self) -> bool {
        !self.behaviors.is_empty()
    }

    /// What stands before the impl, and what stands in it.
    pub(crate) fn expand(&self, instance: &Instance, message: &Type) -> (TokenStream, TokenStream) {
        let chain = self.chain(instance);
        // Located at the behaviors: one that is private is told there.
        let (open, close) = match (self.behaviors.first(), self.behaviors.last()) {
            (Some(first), Some(last)) => {
                let (first, last) = (spans::ends(first).0, spans::ends(last).1);
                (quote_spanned!(first=> type Behaviors =), quote_spanned!(last=> ;))
            }
            _ => (quote!(type Behaviors =), quote!(;)),
        };
        let chain = quote!(#open #chain #close);
        if self.is_plain() {
            return (TokenStream::new(), chain);
        }
        let rt = quote!(__partitura::rt);
        let (mut before, mut fields, mut more) = (TokenStream::new(), TokenStream::new(), TokenStream::new());
        if self.idempotent {
            fields.extend(quote!(.idempotent()));
        }
        if self.retries > 0 {
            let (retries, backoff) = (self.retries, self.backoff_ms);
            fields.extend(quote!(.retries(#retries, #backoff)));
        }
        match &self.access {
            None => {}
            Some(Access::Public) => fields.extend(quote!(.public())),
            Some(Access::Allow { roles, policies }) => {
                let (mut names, mut list, mut calls) = (Vec::new(), Vec::new(), Vec::new());
                for (index, policy) in policies.iter().map(|policy| instance.apply(policy)).enumerate() {
                    let key = format_ident!("__PARTITURA_POLICY_{index}");
                    let name = Literal::string(&spans::text(&policy));
                    let (first, last) = spans::ends(&policy);
                    needs::key_of(&key, &Use::shared(policy), None).to_tokens(&mut before);
                    list.push(quote!(#rt::Need::one(#key, #name)));
                    let ask = quote_spanned!(first=> __partitura::rt::ask::<#message, _>);
                    let arguments = spans::located(quote!((#key, message, cx)), last);
                    calls.push(quote!(#rt::PolicyCall::new(#name, |message, cx| #ask #arguments)));
                    names.push(name);
                }
                fields.extend(quote!(.allow(&[#(#roles),*], &[#(#names),*], &[#(#list),*])));
                if !calls.is_empty() {
                    more.extend(quote!(const POLICIES: &'static [#rt::PolicyCall<#message>] = &[#(#calls),*];));
                }
            }
        }
        (before, quote!(#chain const AROUND: #rt::Surround = #rt::Surround::NONE #fields; #more))
    }

    /// Behind the impl: whether the message can be copied for those who read it or send it again.
    pub(crate) fn check(&self, message: &Type) -> Option<TokenStream> {
        let asks = self.retries > 0 || !self.behaviors.is_empty();
        asks.then(|| needs::check(spans::ends(message), quote!(copied::<__partitura::Marker, #message>())))
    }

    /// `(Audit, (Cache, ()))`, located at the behaviors, since what is none is told there, once.
    fn chain(&self, instance: &Instance) -> TokenStream {
        self.behaviors.iter().rev().fold(quote!(()), |rest, behavior| {
            let behavior = instance.apply(behavior);
            let mut pair = proc_macro2::Group::new(proc_macro2::Delimiter::Parenthesis, quote!(#behavior, #rest));
            pair.set_span(spans::ends(&behavior).0);
            quote!(#pair)
        })
    }
}

const WHO: &str = "who may send it is a role, a text, or a policy, a type, with commas between them: `allow(\"teller\", OwnBranch)` [PT0122]";

/// `teller`: no type is called so.
fn is_word(policy: &Type) -> bool {
    let Type::Path(path) = policy else { return false };
    path.path.get_ident().is_some_and(|ident| ident.unraw().to_string().starts_with(|c: char| c.is_lowercase()))
}

fn access(keys: &Keys, sink: &mut Sink) -> Option<Access> {
    let public = keys.flag("public");
    let Some((key, tokens)) = keys.list("allow") else { return public.map(|_| Access::Public) };
    if let Some(public) = public {
        sink.at(public, "a message is `public`, or for those whom `allow(..)` names, not both [PT0121]");
    }
    let (mut roles, mut policies) = (Vec::new(), Vec::new());
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if input.peek(LitStr) {
                roles.push(input.parse::<LitStr>()?);
            } else {
                // A fork: what a list in brackets leaves unread would be told, too.
                let fork = input.fork();
                match fork.parse::<Type>() {
                    Ok(policy) if is_word(&policy) => {
                        input.advance_to(&fork);
                        let text = spans::text(&policy);
                        sink.at(&policy, format!("a role is a text, `allow(\"{text}\")`; a policy is a type, which begins with a capital: `allow(OwnBranch)` [PT0122]"));
                        skip(input);
                    }
                    Ok(policy) if matches!(policy, Type::Path(_)) => {
                        input.advance_to(&fork);
                        policies.push(policy);
                    }
                    _ => {
                        sink.span(input.span(), WHO);
                        skip(input);
                    }
                }
            }
            if !input.is_empty() && input.parse::<Token![,]>().is_err() {
                sink.span(input.span(), WHO);
                skip(input);
                let _ = input.parse::<Option<Token![,]>>();
            }
        }
        Ok(())
    };
    let parsed = Parser::parse2(parser, tokens.clone());
    sink.take(parsed);
    for role in roles.iter().filter(|role| role.value().trim().is_empty()) {
        sink.at(role, "a role has a name: `allow(\"teller\")` [PT0122]");
    }
    if roles.is_empty() && policies.is_empty() && sink.is_empty() {
        sink.at(key, "`allow` names who may: `allow(\"teller\", OwnBranch)`; for anybody say `public` [PT0122]");
    }
    let policies = once(policies, "the policy ", sink);
    Some(Access::Allow { roles, policies })
}

/// The types between commas.
fn types(key: &Ident, tokens: &TokenStream, example: &str, sink: &mut Sink) -> Vec<Type> {
    let mut types = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            match input.parse::<Type>() {
                Ok(ty @ Type::Path(_)) => types.push(ty),
                Ok(other) => sink.at(other, format!("a name is expected: `{example}` [PT0122]")),
                Err(error) => {
                    sink.span(error.span(), format!("a name is expected: `{example}` [PT0122]"));
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
    if types.is_empty() && sink.is_empty() {
        sink.at(key, format!("`{key}` names at least one: `{example}` [PT0122]"));
    }
    types
}
