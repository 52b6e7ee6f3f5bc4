//! Where mistakes are collected, so that all of an item are told in one go.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// Collects mistakes. Dropping one that was not read is a defect of a macro, and tests see it.
#[derive(Default)]
pub(crate) struct Sink {
    errors: Option<syn::Error>,
    read: bool,
}

impl Sink {
    /// A mistake under `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// A mistake at one place.
    pub(crate) fn span(&mut self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.errors {
            Some(errors) => errors.combine(error),
            None => self.errors = Some(error),
        }
    }

    /// The value, or nothing and a mistake.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_none()
    }

    /// Everything that was collected, to be told elsewhere.
    pub(crate) fn errors(mut self) -> Option<syn::Error> {
        self.read = true;
        self.errors.take()
    }

    /// Everything that was collected, as `compile_error!`s.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.told().unwrap_or_default()
    }

    /// The same; `None` if there is nothing to tell.
    pub(crate) fn told(self) -> Option<TokenStream> {
        self.errors().map(syn::Error::into_compile_error)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        debug_assert!(self.read || self.errors.is_none() || std::thread::panicking(), "mistakes were not told");
    }
}
