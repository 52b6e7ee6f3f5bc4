//! The impl block: its header is read, and those of its methods; bodies stay the user's tokens.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, ImplItem, Signature, Token, Type, Visibility, braced, token};

use super::route_of;
use crate::support::function::{without_body, without_names};
use crate::support::keys;
use crate::support::sink::Sink;
use crate::support::spans;

pub(super) struct Block {
    attributes: Vec<Attribute>,
    impl_token: Token![impl],
    pub(super) ty: Type,
    brace: token::Brace,
    members: Vec<Member>,
}

enum Member {
    Function(Box<Method>),
    Other(TokenStream),
}

/// A fn of the block.
pub(super) struct Method {
    pub(super) attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) signature: Signature,
    body: TokenStream,
}

struct Header {
    attributes: Vec<Attribute>,
    unsafety: Option<Token![unsafe]>,
    impl_token: Token![impl],
    generics: syn::Generics,
    of: Option<Type>,
    ty: Type,
    brace: token::Brace,
    members: TokenStream,
}

impl Parse for Header {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let unsafety = input.parse()?;
        let impl_token = input.parse()?;
        let mut generics = if input.peek(Token![<]) { input.parse()? } else { syn::Generics::default() };
        input.parse::<Option<Token![!]>>()?;
        let first: Type = input.parse()?;
        let (of, ty) = match input.parse::<Option<Token![for]>>()? {
            Some(_) => (Some(first), input.parse()?),
            None => (None, first),
        };
        generics.where_clause = input.parse()?;
        let content;
        let brace = braced!(content in input);
        Ok(Header { attributes, unsafety, impl_token, generics, of, ty, brace, members: content.parse()? })
    }
}

impl Block {
    /// The block, or what it should have been.
    pub(super) fn read(item: &TokenStream, sink: &mut Sink) -> Option<Block> {
        const WHERE: &str = "`#[controller]` stands on the `impl` block of an injectable struct: `#[controller(\"/accounts\")] impl AccountsController { .. }` [PT0430]";
        let header = match syn::parse2::<Header>(item.clone()) {
            Ok(header) => header,
            Err(error) => {
                match syn::parse2::<syn::Item>(item.clone()) {
                    Ok(syn::Item::Impl(_)) | Err(_) => sink.push(error),
                    Ok(_) => sink.at(without_body(item), WHERE),
                }
                return None;
            }
        };
        if let Some(of) = &header.of {
            sink.at(of, format!("`#[controller]` stands on the type's own `impl` block, and this is one of a trait: write `impl {} {{ .. }}` with the methods of the routes [PT0430]", spans::text(&header.ty)));
        }
        if !header.generics.params.is_empty() || header.generics.where_clause.is_some() {
            let at = header.generics.params.to_token_stream();
            let at = if at.is_empty() { header.generics.where_clause.to_token_stream() } else { at };
            sink.at(at, "a controller is one type, with routes of its own: it has no parameters [PT0430]");
        }
        if let Some(unsafety) = &header.unsafety {
            sink.at(unsafety, "only the `impl` of a trait is `unsafe` [PT0430]");
        }
        let members = match syn::parse2::<Members>(header.members) {
            Ok(members) => members.0,
            Err(error) => {
                sink.push(error);
                return None;
            }
        };
        Some(Block {
            attributes: header.attributes,
            impl_token: header.impl_token,
            ty: header.ty,
            brace: header.brace,
            members,
        })
        .filter(|_| header.of.is_none() && header.generics.params.is_empty())
    }

    pub(super) fn functions(&self) -> impl Iterator<Item = &Method> {
        self.members.iter().filter_map(|member| match member {
            Member::Function(function) => Some(&**function),
            Member::Other(_) => None,
        })
    }

    /// Where errors about the block as a whole are shown.
    pub(super) fn span(&self) -> Span {
        spans::ends(&self.ty).0
    }

    /// The block as the user wrote it, without the attributes that only Partitura knows.
    pub(super) fn reemit(&self) -> TokenStream {
        let (attributes, impl_token, ty) = (&self.attributes, &self.impl_token, &self.ty);
        let members: TokenStream = self
            .members
            .iter()
            .map(|member| match member {
                Member::Other(tokens) => tokens.clone(),
                Member::Function(function) => function.reemit(),
            })
            .collect();
        let mut body = Group::new(Delimiter::Brace, members);
        body.set_span(self.brace.span.join());
        quote!(#(#attributes)* #impl_token #ty #body)
    }
}

impl Method {
    fn reemit(&self) -> TokenStream {
        let is_route = self.attributes.iter().any(|attribute| route_of(attribute).is_some());
        let attributes = self.attributes.iter().filter(|attribute| route_of(attribute).is_none());
        let (visibility, signature, body) = (&self.visibility, without_names(&self.signature), &self.body);
        // A route has the form that the framework asks for, whatever it needs of it.
        let allowed = is_route
            .then(|| quote!(#[allow(clippy::unused_async, clippy::unused_self, clippy::needless_pass_by_value)]));
        quote!(#(#attributes)* #allowed #visibility #signature #body)
    }
}

struct Members(Vec<Member>);

impl Parse for Members {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut members = Vec::new();
        while !input.is_empty() {
            let fork = input.fork();
            match method(&fork) {
                Ok(method) => {
                    input.advance_to(&fork);
                    members.push(Member::Function(Box::new(method)));
                }
                Err(error) => {
                    let other: ImplItem = input.parse().map_err(|_| error)?;
                    members.push(Member::Other(other.into_token_stream()));
                }
            }
        }
        Ok(Members(members))
    }
}

fn method(input: ParseStream<'_>) -> syn::Result<Method> {
    let attributes = input.call(Attribute::parse_outer)?;
    let visibility = input.parse()?;
    let signature = input.parse()?;
    if !input.peek(token::Brace) {
        return Err(input.error("expected the body of a method"));
    }
    let body: TokenTree = input.parse()?;
    Ok(Method { attributes, visibility, signature, body: body.into() })
}

/// An item that is not understood, without the attributes of routes: each would tell that it stands at a wrong place.
pub(super) fn without_routes(item: TokenStream) -> TokenStream {
    let mut tokens = item.into_iter().peekable();
    let mut kept = TokenStream::new();
    while let Some(token) = tokens.next() {
        if matches!(&token, TokenTree::Punct(hash) if hash.as_char() == '#')
            && matches!(tokens.peek(), Some(TokenTree::Group(attribute)) if names_a_route(attribute))
        {
            tokens.next();
            continue;
        }
        kept.extend([match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let mut inner = Group::new(Delimiter::Brace, without_routes(group.stream()));
                inner.set_span(group.span());
                inner.into()
            }
            token => token,
        }]);
    }
    kept
}

/// `[get("/{id}")]`
fn names_a_route(attribute: &Group) -> bool {
    let mut inner = attribute.stream().into_iter();
    let is_name = matches!(inner.next(), Some(TokenTree::Ident(name)) if crate::route::METHODS.iter().any(|method| name == method));
    attribute.delimiter() == Delimiter::Bracket && is_name && matches!(inner.next(), None | Some(TokenTree::Group(_)))
}

/// What stands in the parentheses of an attribute.
pub(super) fn arguments(attribute: &Attribute, sink: &mut Sink) -> TokenStream {
    match &attribute.meta {
        syn::Meta::Path(_) => TokenStream::new(),
        syn::Meta::List(list) => list.tokens.clone(),
        syn::Meta::NameValue(_) => {
            let name = spans::text(attribute.path());
            sink.at(attribute, format!("a path stands in parentheses: `#[{name}(\"/{{id}}\")]` [PT0122]"));
            TokenStream::new()
        }
    }
}

/// The keys behind the path of a method's attribute.
pub(super) const KEYS: &[keys::Key] = &[
    keys::key("allow", keys::Form::List, "allow(\"teller\")"),
    keys::key("public", keys::Form::Flag, "public"),
    keys::key("timeout", keys::Form::Text, "timeout = \"5s\""),
    keys::key("layers", keys::Form::List, "layers(CompressionLayer::new())"),
];
