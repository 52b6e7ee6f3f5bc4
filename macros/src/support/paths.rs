//! How generated code finds the hidden module of its crate and the runtime.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;
use syn::{Attribute, Meta, Path};

/// The name of the hidden module at a crate's root. It is the advice that a user needs who has none, or two: the
/// compiler then says "unresolved import `crate::this_crate_needs_one_partitura_module_or_app`", or that it "is defined
/// multiple times".
///
/// Its hygiene differs from that of its neighbours: of a path whose words have one span the compiler shows the first.
pub(crate) fn hidden(place: Span) -> proc_macro2::Ident {
    let span = Span::mixed_site().located_at(place);
    proc_macro2::Ident::new("this_crate_needs_one_partitura_module_or_app", span)
}

/// Puts `body` into a block of its own, in which `__partitura` is the hidden module. `place` is where a missing module
/// is told. With `crate = path` the runtime is found there.
pub(crate) fn block(place: Span, runtime: Option<&Path>, body: TokenStream) -> TokenStream {
    let advice = hidden(place);
    match runtime {
        None => quote! {
            #[doc(hidden)]
            const _: () = {
                use crate::#advice::__partitura;
                #body
            };
        },
        // A module of its own, so that `__partitura::rt` is the path that was given.
        Some(path) => quote! {
            #[doc(hidden)]
            const _: () = {
                mod __partitura {
                    pub use crate::#advice::*;
                    pub use #path::__private as rt;
                }
                #body
            };
        },
    }
}

/// The runtime, where no hidden module leads to it.
pub(crate) fn runtime(path: Option<&Path>) -> TokenStream {
    match path {
        Some(path) => quote!(#path::__private),
        None => quote!(::partitura::__private),
    }
}

/// `#[allow(deprecated)]`, to stand before a [`block`]: what is generated names the item and the types in it, which is no use
/// of them. Only where the item says that it is deprecated, or that it may use what is.
pub(crate) fn allowed(attributes: &[Attribute]) -> Option<TokenStream> {
    let says = |attribute: &Attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("allow") || list.path.is_ident("expect") => {
            list.tokens.clone().into_iter().any(|token| matches!(token, TokenTree::Ident(lint) if lint == "deprecated"))
        }
        meta => meta.path().is_ident("deprecated"),
    };
    attributes.iter().any(says).then(|| quote!(#[allow(deprecated)]))
}
