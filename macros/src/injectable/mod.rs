//! `#[injectable]` and `#[provider]`: a type that the container can build, and a fn that builds one.

mod expand;
mod model;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, ItemStruct};

use crate::support::function::{Function, is_other_item, without_body};
use crate::support::keys::{CRATE, Form, Key, Keys, key};
use crate::support::sink::Sink;
use model::Provider;

pub(crate) use expand::wire_config;

const KEYS: &[Key] = &[
    key("as", Form::As, "as dyn Trait"),
    key("scoped", Form::Flag, "scoped"),
    key("transient", Form::Flag, "transient"),
    key("named", Form::Text, "named = \"primary\""),
    key("many", Form::Flag, "many"),
    key("for", Form::Types, "for = [User, Order]"),
    key("dispose", Form::Path, "dispose = close"),
    CRATE,
];

pub(crate) fn expand_struct(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let keys = Keys::parse("#[injectable]", KEYS, args, &mut sink);
    let structure = match syn::parse2::<ItemStruct>(item.clone()) {
        Ok(mut structure) => {
            only_once(&mut structure.attrs, "injectable", &structure.ident.to_string(), &mut sink);
            structure
        }
        Err(error) => {
            if is_other_item(&item, |item| matches!(item, syn::Item::Struct(_))) {
                sink.at(
                    without_body(&item),
                    "`#[injectable]` stands on a struct; a fn that makes something is a `#[provider]` [PT0130]",
                );
            } else {
                sink.push(error);
            }
            let errors = sink.into_tokens();
            return quote!(#item #errors);
        }
    };
    let provider = Provider::from_struct(&structure, keys, &mut sink);
    let item = model::without_helpers(structure);
    finish(item, provider, sink)
}

pub(crate) fn expand_fn(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let keys = Keys::parse("#[provider]", KEYS, args, &mut sink);
    let Some(mut function) = Function::read(&item, "#[provider]", "a `fn` that makes something", &mut sink) else {
        let errors = sink.into_tokens();
        return quote!(#item #errors);
    };
    only_once(&mut function.attributes, "provider", "Made", &mut sink);
    let provider = Provider::from_fn(&function, keys, &mut sink);
    finish(function.reemit(), provider, sink)
}

/// Each attribute would make an object of its own. What is told is taken away, or it would be expanded all the same.
fn only_once(attributes: &mut Vec<Attribute>, name: &str, made: &str, sink: &mut Sink) {
    attributes.retain(|attribute| {
        let is_other = attribute.path().segments.last().is_some_and(|last| last.ident == name);
        if is_other {
            sink.at(
                attribute,
                format!("a second `#[{name}]` would make a second object: keep one, without `as`, and for each trait add `#[provider] fn name(it: Arc<{made}>) -> Arc<dyn Trait> {{ it }}` [PT0121]"),
            );
        }
        !is_other
    });
}

fn finish(item: TokenStream, provider: Option<Provider>, sink: Sink) -> TokenStream {
    let is_told = provider.as_ref().is_some_and(|provider| provider.is_told);
    let wiring = match sink.is_empty() && !is_told {
        true => provider.map(|provider| expand::wire(&provider)),
        // Nobody should read that nothing provides it, too.
        false => provider.map(|provider| expand::stand_in(&provider)),
    };
    let errors = sink.into_tokens();
    quote!(#item #wiring #errors)
}
