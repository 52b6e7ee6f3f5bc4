//! How generated code finds the hidden module of its crate and the runtime.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Path;

use super::spans;

/// The name under which an item imports the hidden module. It is the advice that a user needs who has none: the
/// compiler then says "no `this_crate_needs_partitura_module_or_app` in the root".
fn advice(span: Span) -> proc_macro2::Ident {
    proc_macro2::Ident::new("this_crate_needs_partitura_module_or_app", span)
}

/// Puts `body` into a block of its own, in which `__partitura` is the hidden module. `place` is where a missing module
/// is told. With `crate = path` the runtime is found there.
pub(crate) fn block(place: Span, runtime: Option<&Path>, body: TokenStream) -> TokenStream {
    let span = spans::at(place);
    let advice = advice(span);
    let import = match runtime {
        None => quote_spanned!(span=> use crate::#advice as __partitura;),
        // A module of its own, so that `__partitura::rt` is the path that was given.
        Some(path) => quote! {
            mod __partitura {
                pub use crate::#advice::*;
                pub use #path::__private as rt;
            }
        },
    };
    quote! {
        #[doc(hidden)]
        const _: () = {
            #import
            #body
        };
    }
}

/// The runtime, where no hidden module leads to it.
pub(crate) fn runtime(path: Option<&Path>) -> TokenStream {
    match path {
        Some(path) => quote!(#path::__private),
        None => quote!(::partitura::__private),
    }
}
