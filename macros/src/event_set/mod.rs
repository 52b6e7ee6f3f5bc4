//! `#[derive(EventSet)]`: an enum over several events, for a handler of all of them.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{DeriveInput, Fields, Type};

use crate::support::keys::{self, CRATE, Keys};
use crate::support::needs::argument;
use crate::support::sink::Sink;
use crate::support::{paths, spans};

const FORM: &str = "`#[derive(EventSet)] enum OrderEvent { Placed(OrderPlaced), Paid(Arc<OrderPaid>) }`";

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let Some(input) = keys::parse::<DeriveInput>(item, &mut sink) else { return sink.into_tokens() };
    let (tokens, _) = keys::helper(&input.attrs, "event_set", &mut sink);
    let keys = Keys::parse("#[event_set]", &[CRATE], tokens, &mut sink);
    let rt = paths::runtime(keys.runtime());
    let variants = variants(&input, &mut sink);
    let ident = &input.ident;
    let infos = variants.iter().map(|variant| {
        let event = &variant.event;
        quote!(#rt::EventInfo::of::<#event>())
    });
    let takes = variants.iter().map(|variant| {
        let (name, event) = (&variant.name, &variant.event);
        let (first, last) = spans::ends(event);
        // A variant that owns its event has a copy: where it cannot be copied, the compiler says so at its type.
        let take = match variant.shared {
            true => quote!(event.kept::<#event>()),
            false => {
                let (open, close) =
                    (quote_spanned!(first=> <), quote_spanned!(last=> as ::core::clone::Clone>::clone(event)));
                quote!(event.seen::<#event>().map(|event| #open #event #close))
            }
        };
        quote! {
            if let ::core::option::Option::Some(event) = #take {
                return ::core::option::Option::Some(#rt::Taken::Owned(#ident::#name(event)));
            }
        }
    });
    let block = quote! {
        #[doc(hidden)]
        const _: () = {
            impl #rt::Listens for #ident {
                const EVENTS: &'static [#rt::EventInfo] = &[#(#infos),*];
                fn take(event: &#rt::AnyEvent) -> ::core::option::Option<#rt::Taken<'_, Self>> {
                    #(#takes)*
                    ::core::option::Option::None
                }
            }
        };
    };
    let (allowed, errors) = (paths::allowed(&input.attrs), sink.into_tokens());
    quote!(#allowed #block #errors)
}

struct Variant {
    name: syn::Ident,
    event: Type,
    /// `Arc<OrderPaid>`.
    shared: bool,
}

fn variants(input: &DeriveInput, sink: &mut Sink) -> Vec<Variant> {
    if let Some(param) = input.generics.params.first() {
        sink.at(param, "a set of events is one type: it cannot be generic [PT0151]");
    }
    let syn::Data::Enum(data) = &input.data else {
        sink.at(&input.ident, format!("a set of events is an enum: {FORM} [PT0151]"));
        return Vec::new();
    };
    if data.variants.is_empty() {
        sink.at(&input.ident, format!("this set of events is empty: {FORM} [PT0151]"));
    }
    let mut variants: Vec<Variant> = Vec::new();
    for variant in &data.variants {
        let field = match &variant.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed.first(),
            _ => None,
        };
        let Some(field) = field else {
            sink.at(variant, format!("each variant holds one event: {FORM} [PT0151]"));
            continue;
        };
        let shared = argument(&field.ty, "Arc");
        let event = shared.unwrap_or(&field.ty).clone();
        if variants.iter().any(|other| spans::text(&other.event) == spans::text(&event)) {
            sink.at(&field.ty, format!("`{}` is in this set twice [PT0151]", spans::text(&event)));
            continue;
        }
        variants.push(Variant { name: variant.ident.clone(), event, shared: shared.is_some() });
    }
    variants
}
