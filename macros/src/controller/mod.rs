//! `#[controller]`: an impl block whose methods answer requests.

mod access;
mod block;
mod expand;
mod method;
mod path;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, LitStr, Token, Type};

use crate::route::path as grammar;
use crate::support::function::without_body;
use crate::support::keys::{CRATE, Form, Key, Keys, key, milliseconds};
use crate::support::sink::Sink;
use access::Access;
use block::Block;
use method::Method;

const KEYS: &[Key] = &[
    key("version", Form::Text, "version = \"v1\""),
    key("allow", Form::List, "allow(\"teller\")"),
    key("public", Form::Flag, "public"),
    key("timeout", Form::Text, "timeout = \"5s\""),
    key("layers", Form::List, "layers(CompressionLayer::new())"),
    CRATE,
];

/// A controller that is understood.
struct Controller {
    ty: Type,
    runtime: Option<syn::Path>,
    methods: Vec<Method>,
    span: Span,
}

/// What the attribute says for all methods.
struct Common {
    /// What stands before each path: `/v1/accounts`; nothing for the root.
    prefix: String,
    access: Option<Access>,
    timeout_ms: u64,
    layers: Vec<Expr>,
}

/// The impl block as it was, without the attributes of its methods, and beside it what wires it.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let (prefix, rest) = prefix(args, &mut sink);
    let keys = Keys::parse("#[controller]", KEYS, rest, &mut sink);
    let block = match Block::read(&item, &mut sink) {
        Some(block) => block,
        None => {
            let (item, errors) = (block::without_routes(item), sink.into_tokens());
            return quote!(#item #errors);
        }
    };
    let common = Common {
        prefix: whole_prefix(prefix.as_ref(), keys.text("version"), &mut sink),
        access: Access::read(&keys, &mut sink),
        timeout_ms: keys.text("timeout").map_or(0, |text| milliseconds(text, &mut sink)),
        layers: layers(&keys, &mut sink),
    };
    let methods: Vec<Method> =
        block.functions().flat_map(|function| method::read(function, &common, &mut sink)).collect();
    one_each(&methods, &mut sink);
    let controller = Controller { ty: block.ty.clone(), runtime: keys.runtime().cloned(), methods, span: block.span() };
    let wiring = sink.is_empty().then(|| expand::wire(&controller));
    let item = block.reemit();
    let errors = sink.into_tokens();
    quote!(#item #wiring #errors)
}

/// Told: two methods on one route. Those of others are told by the compiler.
fn one_each(methods: &[Method], sink: &mut Sink) {
    for (at, method) in methods.iter().enumerate() {
        let is_same = |other: &&Method| {
            other.method == method.method && grammar::shape(&other.path.value()) == grammar::shape(&method.path.value())
        };
        if let Some(first) = methods[..at].iter().find(is_same) {
            let verb = method.method.to_string().to_uppercase();
            sink.at(
                &method.path,
                format!("`{verb} {}` leads to `{}` already: names in braces make no difference, so give one of them another path [PT0404]", method.path.value(), first.name),
            );
        }
    }
}

/// An attribute of a method, outside of a controller.
pub(crate) fn stray(method: &str, item: &TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    sink.at(
        without_body(item),
        format!("`#[{method}]` stands on a method of a controller: put `#[controller(\"/prefix\")]` on the `impl` block around it; a handler says `#[handler(route({method}, \"/path\"))]` [PT0430]"),
    );
    let errors = sink.into_tokens();
    quote!(#item #errors)
}

/// Without the adapter nothing of it can be wired.
pub(crate) fn unavailable(item: &TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    sink.span(
        Span::call_site(),
        "`#[controller]` needs the feature `http` of `partitura`: partitura = { version = \"0.1\", features = [\"http\"] } [PT0421]",
    );
    let item = block::without_routes(item.clone());
    let errors = sink.into_tokens();
    quote!(#item #errors)
}

/// The text in front of the keys.
fn prefix(args: TokenStream, sink: &mut Sink) -> (Option<LitStr>, TokenStream) {
    let mut prefix = None;
    let mut rest = TokenStream::new();
    let parser = |input: ParseStream<'_>| {
        if input.peek(LitStr) {
            prefix = Some(input.parse()?);
            input.parse::<Option<Token![,]>>()?;
        }
        rest = input.parse()?;
        Ok(())
    };
    let parsed = Parser::parse2(parser, args);
    sink.take(parsed);
    (prefix, rest)
}

/// `/v1/accounts`
fn whole_prefix(prefix: Option<&LitStr>, version: Option<&LitStr>, sink: &mut Sink) -> String {
    let mut whole = String::new();
    if let Some(version) = version {
        let text = version.value();
        let fine = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c));
        match fine {
            true => whole = format!("/{text}"),
            false => sink.at(
                version,
                "a version is one segment of the path, which stands before the prefix: `version = \"v1\"` [PT0400]",
            ),
        }
    }
    if let Some(prefix) = prefix.filter(|prefix| !matches!(prefix.value().as_str(), "" | "/")) {
        grammar::check(prefix, sink);
        whole.push_str(&prefix.value());
    }
    whole
}

/// `layers(a, b)`, outermost first.
fn layers(keys: &Keys, sink: &mut Sink) -> Vec<Expr> {
    let Some((key, tokens)) = keys.list("layers") else { return Vec::new() };
    if tokens.is_empty() {
        sink.at(key, "`layers` names at least one: `layers(TraceLayer::new(), Other)`, outermost first [PT0122]");
    }
    let parser = syn::punctuated::Punctuated::<Expr, Token![,]>::parse_terminated;
    sink.take(Parser::parse2(parser, tokens.clone())).into_iter().flatten().collect()
}

/// The method that an attribute names, if it is one of a route: `get` of `#[get("/{id}")]` or `#[http::get]`.
fn route_of(attribute: &syn::Attribute) -> Option<&Ident> {
    let segments = &attribute.path().segments;
    let last = segments.last().map(|segment| &segment.ident)?;
    let is_ours = segments.len() == 1 || segments.iter().rev().nth(1).is_some_and(|before| before.ident == "http");
    (is_ours && crate::route::METHODS.iter().any(|method| last == method)).then_some(last)
}
