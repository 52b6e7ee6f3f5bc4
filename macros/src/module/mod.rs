//! `module!`: the name of a module and its contract with the others.

mod expand;
mod model;

use proc_macro2::TokenStream;

use crate::support::sink::Sink;
pub(crate) use expand::{crate_name, link_own, write as write_own};
pub(crate) use model::{Module, entries, entry};

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let module = Module::parse(input, &mut sink);
    // Written whatever is wrong: without the hidden module, every item of the crate would add an error of its own.
    let module = expand::write(&module);
    let errors = sink.into_tokens();
    quote::quote!(#module #errors)
}
