//! `#[handler]`: a command, a query or an event meets its fn.

mod around;
mod expand;
mod model;
mod stream;

pub(crate) use around::Around;
pub(crate) use expand::entry;
pub(crate) use model::{Taken, check_error, injected, is_no_result};
pub(crate) use stream::item;

use proc_macro2::TokenStream;

use crate::support::function::Function;
use crate::support::keys::{CRATE, Form, Key, Keys, key};
use crate::support::paths;
use crate::support::sink::Sink;
use model::Handler;

const KEYS: &[Key] = &[
    key("timeout", Form::Text, "timeout = \"5s\""),
    key("idempotent", Form::Flag, "idempotent"),
    key("retries", Form::Number, "retries = 3"),
    key("backoff", Form::Text, "backoff = \"100ms\""),
    key("allow", Form::List, "allow(\"teller\", OwnBranch)"),
    key("public", Form::Flag, "public"),
    key("behaviors", Form::List, "behaviors(Audit, Cache)"),
    key("route", Form::Lists, "route(get, \"/accounts/{id}\")"),
    crate::agent::KEY,
    key("topic", Form::Text, "topic = \"orders.*.placed\""),
    key("for", Form::Types, "for = [User, Order]"),
    CRATE,
];

/// The fn as it was, and beside it what wires it; or the fn and everything that is wrong with it.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let keys = Keys::parse("#[handler]", KEYS, args, &mut sink);
    let Some(function) = Function::read(&item, "#[handler]", "an `async fn`", &mut sink) else {
        let errors = sink.into_tokens();
        return quote::quote!(#item #errors);
    };
    let item = if function.is_plain() { item } else { function.reemit() };
    // A handler is `async`, and takes its message by value, because the framework asks for it.
    let allowed = match function.signature.asyncness {
        Some(_) => quote::quote!(#[allow(clippy::unused_async)]),
        None => quote::quote!(#[allow(clippy::needless_pass_by_value)]),
    };
    let handler = Handler::read(&function, keys, &mut sink);
    let wiring = match sink.is_empty() {
        true => handler.map(|handler| expand::wire(&handler, paths::allowed(&function.attributes).as_ref())),
        // Nobody should read that nothing handles the message, too.
        false => model::understood(&function).map(|understood| expand::stand_in(&function, &understood)),
    };
    // All at once: each stream that is put into another is three calls of the compiler.
    [Some(allowed), Some(item), wiring, sink.told()].into_iter().flatten().collect()
}
