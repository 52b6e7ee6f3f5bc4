//! `#[validate(..)]` on messages and their fields, and `#[derive(Validate)]` on what is inside of them.
//!
//! `model` is what is understood, `parse` reads it, `check` finds what contradicts itself, `place` follows serde to where
//! a value stands in JSON, `expand` writes the impl, `limits` what a JSON Schema can say of it, `ecma` the patterns therein.

mod check;
mod ecma;
mod expand;
mod limits;
mod model;
mod parse;
mod place;

pub(crate) use place::is_converted;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Path};

use crate::support::sink::Sink;
use crate::support::{keys, paths};
use model::Model;

/// `#[derive(Validate)]`.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let Some(input) = keys::parse::<DeriveInput>(item, &mut sink) else { return sink.into_tokens() };
    let (model, runtime) = parse::value(&input, &mut sink);
    // With a mistake it still has rules, if none, so that who nests it is not told that it has no such thing.
    let model = if sink.is_empty() { model } else { Model::default() };
    let wiring = block(&expand::rules(&model, &input, &paths::runtime(runtime.as_ref())));
    let (allowed, errors) = (paths::allowed(&input.attrs), sink.into_tokens());
    quote!(#allowed #wiring #errors)
}

fn block(body: &TokenStream) -> TokenStream {
    quote! {
        #[doc(hidden)]
        const _: () = {
            #body
        };
    }
}

/// The rules of a message.
pub(crate) struct Rules(Option<Model>);

impl Rules {
    /// Reads them, if it has any; after a mistake it has the impl without the rules.
    pub(crate) fn read(input: &DeriveInput, sink: &mut Sink) -> Rules {
        let mut own = Sink::default();
        let model = parse::message(input, &mut own);
        match own.errors() {
            None => Rules((!model.is_empty()).then_some(model)),
            Some(errors) => {
                sink.push(errors);
                Rules(Some(Model::default()))
            }
        }
    }

    /// The constant of the impl of `Message`.
    pub(crate) fn constant(&self, rt: &TokenStream) -> Option<TokenStream> {
        self.0.as_ref().map(|model| {
            let limits =
                limits::are_some(model).then(|| quote!(const LIMITS: #rt::Limits = <Self as #rt::Validate>::LIMITS;));
            quote! {
                const RULES: ::core::option::Option<#rt::Rules<Self>> =
                    ::core::option::Option::Some(<Self as #rt::Validate>::validate);
                #limits
            }
        })
    }

    /// The impl of `Validate`.
    pub(crate) fn expand(&self, input: &DeriveInput, rt: &TokenStream) -> Option<TokenStream> {
        self.0.as_ref().map(|model| expand::rules(model, input, rt))
    }
}

/// `crate = path` of `#[validate(..)]`.
type Runtime = Option<Path>;
