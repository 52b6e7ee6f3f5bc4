//! A fn of the user: the header is read, the body stays the user's tokens. It is faster, and a half-typed body does
//! not take the header with it.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, Safety, Signature, Visibility};

use super::needs::is_ours;
use super::sink::Sink;

pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: TokenStream,
}

/// What stands before a body; what is left of it belongs to the body.
impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Function {
            attributes: input.call(Attribute::parse_outer)?,
            visibility: input.parse()?,
            signature: input.parse()?,
            body: input.parse()?,
        })
    }
}

impl Function {
    /// The fn under `attribute`, or what it should have been.
    pub(crate) fn read(item: &TokenStream, attribute: &str, what: &str, sink: &mut Sink) -> Option<Function> {
        match Function::parse_header(item) {
            Ok(function) => Some(function),
            Err(error) => {
                match is_other_item(item, |item| matches!(item, syn::Item::Fn(_))) {
                    true => sink.at(without_body(item), format!("`{attribute}` stands on {what} [PT0130]")),
                    false => sink.push(error),
                }
                None
            }
        }
    }

    /// The body is kept from the parser, which would look at each word of it.
    fn parse_header(item: &TokenStream) -> syn::Result<Function> {
        let mut header: Vec<TokenTree> = item.clone().into_iter().collect();
        let is_body =
            |token: &mut TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        let body = header.pop_if(is_body);
        match (syn::parse2::<Function>(header.into_iter().collect()), body) {
            (Ok(mut function), Some(body)) => {
                function.body.extend([body]);
                Ok(function)
            }
            (Ok(function), None) => Ok(function),
            // What is told of an end is told at the body, where there is one.
            (Err(_), _) => syn::parse2::<Function>(item.clone()),
        }
    }

    /// Whether it is a method.
    pub(crate) fn has_receiver(&self) -> bool {
        matches!(self.signature.inputs.first(), Some(FnArg::Receiver(_)))
    }

    /// Whether it is written again as it was: no parameter has an attribute.
    pub(crate) fn is_plain(&self) -> bool {
        !self.signature.inputs.iter().any(|input| matches!(input, FnArg::Typed(typed) if !typed.attrs.is_empty()))
    }

    /// The fn as the user wrote it, without the attributes of parameters that only Partitura knows.
    pub(crate) fn reemit(&self) -> TokenStream {
        let signature = without_names(&self.signature);
        let mut tokens = TokenStream::new();
        for attribute in &self.attributes {
            attribute.to_tokens(&mut tokens);
        }
        self.visibility.to_tokens(&mut tokens);
        signature.to_tokens(&mut tokens);
        tokens.extend(self.body.clone());
        tokens
    }
}

/// A signature without the attributes of parameters that only Partitura knows.
pub(crate) fn without_names(signature: &Signature) -> Signature {
    let mut signature = signature.clone();
    for argument in &mut signature.inputs {
        if let FnArg::Typed(argument) = argument {
            argument.attrs.retain(|attribute| !is_ours(attribute));
        }
    }
    signature
}

/// What no fn that the framework calls can be; `what` it is.
pub(crate) fn check_shape(signature: &Signature, what: &str, code: &str, sink: &mut Sink) {
    if !matches!(signature.safety, Safety::Default) {
        sink.at(&signature.safety, format!("a {what} is called by safe code: it cannot be `unsafe` [{code}]"));
    }
    if let Some(token) = &signature.variadic {
        sink.at(token, format!("a {what} has a fixed list of parameters [{code}]"));
    }
    for lifetime in signature.generics.lifetimes() {
        sink.at(lifetime, format!("references in a {what} need no lifetimes of their own: leave them out [{code}]"));
    }
}

/// Whether it is an item, but not one on which the attribute stands.
pub(crate) fn is_other_item(item: &TokenStream, is_right: impl Fn(&syn::Item) -> bool) -> bool {
    syn::parse2::<syn::Item>(item.clone()).is_ok_and(|item| !is_right(&item))
}

/// Up to the body.
pub(crate) fn without_body(item: &TokenStream) -> TokenStream {
    let is_body = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    item.clone().into_iter().take_while(|token| !is_body(token)).collect()
}

/// The doc comment, a line each.
pub(crate) fn docs(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .filter_map(|attribute| match &attribute.meta {
            syn::Meta::NameValue(pair) => match &pair.value {
                syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        })
        .map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned())
        .collect();
    lines.join("\n").trim().to_owned()
}
