//! Listed instances of generics: `for = [User, Order]`. Each instance gets an impl and statics of its own; a generic
//! impl with a static inside would share one static among all.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericParam, Generics, Type};

use super::keys::{self, Keys};
use super::sink::Sink;
use super::spans;

/// One set of types for the parameters of a generic item; for a plain item the only one, with nothing in it.
#[derive(Clone, Default)]
pub(crate) struct Instance {
    replace: Vec<(Ident, TokenStream)>,
}

impl Instance {
    /// The one in which `Self` is this type.
    pub(crate) fn of_self(ty: &Type) -> Instance {
        Instance { replace: vec![(Ident::new("Self", proc_macro2::Span::call_site()), ty.to_token_stream())] }
    }

    /// The instances that the attribute lists. Told: a generic item without a list, a list on a plain item, a list of
    /// another length.
    pub(crate) fn all(generics: &Generics, keys: &Keys, what: &str, sink: &mut Sink) -> Vec<Instance> {
        let listed = keys.types("for").map(|(key, types)| (key, keys::once(types.to_vec(), "", sink)));
        let parameters: Vec<&Ident> = generics
            .params
            .iter()
            .filter_map(|parameter| match parameter {
                GenericParam::Type(parameter) => Some(&parameter.ident),
                GenericParam::Const(parameter) => Some(&parameter.ident),
                GenericParam::Lifetime(_) => None,
            })
            .collect();
        let (types, example) = match (generics.type_params().next(), generics.const_params().next()) {
            (_, None) => ("types", "User, Order"),
            (None, _) => ("constants", "1, 2"),
            _ => ("types and constants", "(User, 1), (Order, 2)"),
        };
        match (parameters.as_slice(), listed.as_ref().map(|(key, types)| (*key, types.as_slice()))) {
            // What is malformed is told already.
            (_, None) if keys.is_malformed("for") => Vec::new(),
            ([], None) => vec![Instance::default()],
            ([], Some((key, _))) => {
                sink.at(
                    key,
                    format!("`for` lists the instances of a generic {what}, and this one is not generic [PT0124]"),
                );
                vec![Instance::default()]
            }
            (_, None) => {
                sink.at(
                    &generics.params,
                    format!("a generic {what} says for which {types} it is wired: `for = [{example}]` [PT0124]"),
                );
                Vec::new()
            }
            (_, Some((key, []))) => {
                sink.at(key, format!("an empty list wires this {what} for nothing: `for = [{example}]` [PT0124]"));
                Vec::new()
            }
            ([parameter], Some((_, types))) => types
                .iter()
                .map(|ty| Instance { replace: vec![((*parameter).clone(), ty.to_token_stream())] })
                .collect(),
            (parameters, Some((key, types))) => {
                let has_constants = generics.const_params().next().is_some();
                types.iter().filter_map(|ty| Instance::tuple(parameters, has_constants, key, ty, what, sink)).collect()
            }
        }
    }

    fn tuple(
        parameters: &[&Ident],
        has_constants: bool,
        key: &Ident,
        ty: &Type,
        what: &str,
        sink: &mut Sink,
    ) -> Option<Instance> {
        match ty {
            Type::Tuple(tuple) if tuple.elems.len() == parameters.len() => Some(Instance {
                replace: parameters
                    .iter()
                    .zip(&tuple.elems)
                    .map(|(parameter, ty)| ((*parameter).clone(), ty.to_token_stream()))
                    .collect(),
            }),
            _ => {
                let form: Vec<String> = parameters.iter().map(ToString::to_string).collect();
                let (form, kind) = (form.join(", "), if has_constants { "" } else { "type " });
                sink.at(
                    key,
                    format!("this {what} has {} {kind}parameters: write `for = [({form})]` [PT0124]", parameters.len()),
                );
                None
            }
        }
    }

    /// `<User>` behind the name of the item; nothing for a plain item. With `turbofish` as in an expression.
    pub(crate) fn arguments(&self, turbofish: bool) -> Option<TokenStream> {
        if self.replace.is_empty() {
            return None;
        }
        let types = self.replace.iter().map(|(_, ty)| ty);
        let colons = turbofish.then(|| quote!(::));
        Some(quote!(#colons <#(#types),*>))
    }

    /// `User`, for names; `None` for a plain item.
    pub(crate) fn label(&self) -> Option<String> {
        // A constant may stand in braces.
        let text = |ty| spans::text(ty).trim_matches(['{', '}', ' ']).to_owned();
        let types: Vec<String> = self.replace.iter().map(|(_, ty)| text(ty)).collect();
        (!types.is_empty()).then(|| types.join(", "))
    }

    /// The tokens with the instance's types in place of the parameters.
    pub(crate) fn apply<T: ToTokens + syn::parse::Parse + Clone>(&self, tokens: &T) -> T {
        if self.replace.is_empty() {
            return tokens.clone();
        }
        syn::parse2(self.substitute(tokens.to_token_stream())).unwrap_or_else(|_| tokens.clone())
    }

    /// An expression with the instance's types in place of the parameters, and with `this` for `Self`. Before `::` a type
    /// stands in brackets, `<Vec<u8>>::new()`; behind it stands a name of something else.
    pub(crate) fn apply_to_expression(&self, this: &Type, tokens: &TokenStream) -> TokenStream {
        let mut replace = self.replace.clone();
        replace.push((Ident::new("Self", proc_macro2::Span::call_site()), this.to_token_stream()));
        Instance { replace }.substitute_expression(tokens.clone())
    }

    fn substitute_expression(&self, tokens: TokenStream) -> TokenStream {
        let sign = |token: Option<&TokenTree>| match token {
            Some(TokenTree::Punct(sign)) => sign.as_char(),
            _ => ' ',
        };
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let mut written = TokenStream::new();
        for (index, token) in trees.iter().enumerate() {
            let before = |back: usize| sign(index.checked_sub(back).and_then(|at| trees.get(at)));
            let is_path = |first: char, second: char| first == ':' && second == ':';
            match token {
                TokenTree::Ident(ident) if before(1) != '.' && !is_path(before(2), before(1)) => {
                    let is_root = is_path(sign(trees.get(index + 1)), sign(trees.get(index + 2)));
                    match self.replace.iter().find(|(parameter, _)| parameter == ident) {
                        Some((_, ty)) if is_root => written.extend(quote!(<#ty>)),
                        Some((_, ty)) => written.extend(ty.clone()),
                        None => token.to_tokens(&mut written),
                    }
                }
                TokenTree::Group(group) => {
                    let inner = self.substitute_expression(group.stream());
                    let mut changed = proc_macro2::Group::new(group.delimiter(), inner);
                    changed.set_span(group.span());
                    TokenTree::from(changed).to_tokens(&mut written);
                }
                _ => token.to_tokens(&mut written),
            }
        }
        written
    }

    fn substitute(&self, tokens: TokenStream) -> TokenStream {
        tokens
            .into_iter()
            .flat_map(|token| match &token {
                TokenTree::Ident(ident) => match self.replace.iter().find(|(parameter, _)| parameter == ident) {
                    Some((_, ty)) => ty.clone(),
                    None => token.into(),
                },
                TokenTree::Group(group) => {
                    let mut changed = proc_macro2::Group::new(group.delimiter(), self.substitute(group.stream()));
                    changed.set_span(group.span());
                    TokenTree::from(changed).into()
                }
                _ => TokenStream::from(token),
            })
            .collect()
    }
}
