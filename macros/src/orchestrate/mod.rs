//! `#[orchestrate]`: a module of steps becomes a plan, and the plan a message. `#[step]` on the `execute` of a file of a
//! `folder!` is here, too.

mod body;
mod check;
mod expand;
mod model;

use proc_macro2::TokenStream;
use quote::quote;

use crate::support::function::Function;
use crate::support::keys::{CRATE, Form, Key, Keys, key};
use crate::support::sink::Sink;

pub(crate) use expand::{Facts, plan, run};

pub(super) const ATTRIBUTE: &str = "#[orchestrate]";

const KEYS: &[Key] = &[
    key("input", Form::Type, "input = Order"),
    key("output", Form::Type, "output = Receipt"),
    key("on", Form::Word, "on = start"),
    key("sequential", Form::Flag, "sequential"),
    key("limit", Form::Number, "limit = 4"),
    key("exclusive", Form::Flag, "exclusive"),
    key("timeout", Form::Text, "timeout = \"5m\""),
    key("undo_within", Form::Text, "undo_within = \"30s\""),
    key("allow", Form::List, "allow(\"operator\", OwnBranch)"),
    key("public", Form::Flag, "public"),
    key("route", Form::Lists, "route(post, \"/orders\")"),
    crate::agent::KEY,
    key("name", Form::Text, "name = \"startup\""),
    CRATE,
];

pub(super) const STEP_KEYS: &[Key] = &[
    key("after", Form::Names, "after = migrate` or `after = [migrate, warm_up]"),
    key("before", Form::Names, "before = open` or `before = [open, announce]"),
    key("retries", Form::Number, "retries = 3"),
    key("backoff", Form::Text, "backoff = \"100ms\""),
    key("timeout", Form::Text, "timeout = \"5s\""),
    key("when", Form::Path, "when = is_wanted"),
    key("on_failure", Form::Word, "on_failure = continue"),
    key("compensate", Form::Path, "compensate = undo_it"),
];

const FILE_KEYS: &[Key] = &[
    key("retries", Form::Number, "retries = 3"),
    key("backoff", Form::Text, "backoff = \"100ms\""),
    key("timeout", Form::Text, "timeout = \"5s\""),
    key("on_failure", Form::Word, "on_failure = continue"),
];

/// The module as it was, with the plan in it; or the module and everything that is wrong with it.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let keys = Keys::parse(ATTRIBUTE, KEYS, args, &mut sink);
    let Some(body) = body::Body::read(&item, &mut sink) else {
        let errors = sink.into_tokens();
        return quote!(#item #errors);
    };
    let plan = model::Orchestration::read(&body, keys, &mut sink);
    check::check(&plan, &mut sink);
    let wiring = match sink.is_empty() {
        true => expand::wire(&plan),
        // Whoever sends the plan's message should not read that there is none.
        false => expand::stand_in(&plan),
    };
    let module = body.reemit(&wiring, &plan.called());
    let errors = sink.into_tokens();
    quote!(#module #errors)
}

/// `#[step]` where no `#[orchestrate]` has read it: the `execute` of a file of a `folder!`.
pub(crate) fn expand_step(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let keys = Keys::parse("#[step] of a file", FILE_KEYS, args, &mut sink);
    let Some(function) = Function::read(&item, "#[step]", "a fn", &mut sink) else {
        let errors = sink.into_tokens();
        return quote!(#item #errors);
    };
    if function.signature.ident != "execute" {
        sink.at(
            &function.signature.ident,
            "`#[step]` stands on the fns of an `#[orchestrate] mod`, and on the fn `execute` of a file of a `folder!` [PT0186]",
        );
    }
    let step = model::Step::of_file(&function, &keys, &mut sink);
    let wiring = match (sink.is_empty(), step) {
        (true, Some(step)) => expand::of_file(&step),
        _ => expand::of_file_stand_in(&function),
    };
    let allowed = expand::allowed(&function);
    let item = function.reemit();
    let errors = sink.into_tokens();
    quote!(#allowed #item #wiring #errors)
}
