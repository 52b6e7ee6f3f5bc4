//! The module under `#[orchestrate]`: its header, and its items, of which only fns are read, and of those only the header.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::quote;
use syn::parse::Parser;
use syn::{Attribute, ItemUse, Path, Visibility};

use super::expand::allowed;
use crate::support::function::Function;
use crate::support::sink::Sink;

/// A module of steps.
pub(crate) struct Body {
    pub(super) attributes: Vec<Attribute>,
    visibility: Visibility,
    pub(super) name: Ident,
    group: Group,
    pub(super) items: Vec<Item>,
}

/// One item of it.
pub(crate) enum Item {
    /// A fn, with what stands in `#[step(..)]` if it is a step.
    Fn { function: Box<Function>, step: Option<Mark> },
    /// `#[step] use other::plan;`
    Plan { item: Box<ItemUse>, step: Mark },
    /// Whatever else.
    Other(TokenStream),
}

/// `#[step(..)]`.
pub(crate) struct Mark {
    pub(super) keys: TokenStream,
}

const FORM: &str = "`#[orchestrate]` stands on a module with its body: `#[orchestrate] pub mod startup { #[step] .. }`; for the files of a folder write `partitura::folder!(pub startup = \"src/startup\", orchestrate)` [PT0186]";

impl Body {
    pub(super) fn read(item: &TokenStream, sink: &mut Sink) -> Option<Body> {
        let parser = |input: syn::parse::ParseStream<'_>| {
            let attributes = input.call(Attribute::parse_outer)?;
            let visibility: Visibility = input.parse()?;
            input.parse::<syn::Token![mod]>()?;
            let name: Ident = input.parse()?;
            let group: Group = input.parse()?;
            Ok((attributes, visibility, name, group))
        };
        match parser.parse2(item.clone()) {
            Ok((attributes, visibility, name, group)) if group.delimiter() == Delimiter::Brace => {
                let items = split(group.stream()).into_iter().map(|tokens| Item::read(tokens, sink)).collect();
                Some(Body { attributes, visibility, name, group, items })
            }
            _ => {
                sink.at(crate::support::function::without_body(item), FORM);
                None
            }
        }
    }

    /// The module as it was, without `#[step]`, and `more` at its end. `called` are the conditions and compensations.
    pub(super) fn reemit(&self, more: &TokenStream, called: &[&Ident]) -> TokenStream {
        let mut inside = TokenStream::new();
        for item in &self.items {
            match item {
                Item::Fn { function, step } => {
                    let is_called = step.is_some() || called.contains(&&function.signature.ident);
                    let (allowed, item) = (is_called.then(|| allowed(function)), function.reemit());
                    inside.extend(quote!(#allowed #item));
                }
                // What it names is said by path where it is run.
                Item::Plan { item, .. } => inside.extend(quote!(#[allow(unused_imports)] #item)),
                Item::Other(tokens) => inside.extend(tokens.clone()),
            }
        }
        inside.extend(more.clone());
        let mut group = Group::new(Delimiter::Brace, inside);
        group.set_span(self.group.span());
        let (attributes, visibility, name) = (&self.attributes, &self.visibility, &self.name);
        quote!(#(#attributes)* #visibility mod #name #group)
    }
}

impl Item {
    fn read(tokens: TokenStream, sink: &mut Sink) -> Item {
        let word =
            words(&tokens).find(|word| matches!(word.as_str(), "fn" | "use" | "struct" | "impl" | "mod" | "trait"));
        match word {
            Some(word) if word == "fn" => match syn::parse2::<Function>(tokens.clone()) {
                Ok(mut function) => {
                    let step = mark(&mut function.attributes, sink);
                    Item::Fn { function: Box::new(function), step }
                }
                // Half typed: in an IDE only, since the compiler reads a module before it hands it over.
                Err(error) => {
                    sink.push(error);
                    Item::Other(unmarked(tokens))
                }
            },
            Some(word) if word == "use" => match syn::parse2::<ItemUse>(tokens.clone()) {
                Ok(mut item) => match mark(&mut item.attrs, sink) {
                    Some(step) => Item::Plan { item: Box::new(item), step },
                    None => Item::Other(tokens),
                },
                Err(_) => Item::Other(tokens),
            },
            _ => {
                if let Some(attribute) = marked(&tokens) {
                    sink.at(attribute, "`#[step]` stands on a fn, or on the `use` of another plan [PT0186]");
                    return Item::Other(unmarked(tokens));
                }
                Item::Other(tokens)
            }
        }
    }
}

fn is_step(path: &Path) -> bool {
    path.segments.last().is_some_and(|last| last.ident == "step" && last.arguments.is_none())
}

/// Takes `#[step(..)]` out of the attributes.
fn mark(attributes: &mut Vec<Attribute>, sink: &mut Sink) -> Option<Mark> {
    let at = attributes.iter().position(|attribute| is_step(attribute.path()))?;
    let attribute = attributes.remove(at);
    if let Some(second) = attributes.iter().position(|attribute| is_step(attribute.path())) {
        sink.at(attributes.remove(second), "`#[step]` is given twice [PT0121]");
    }
    let keys = match &attribute.meta {
        syn::Meta::Path(_) => TokenStream::new(),
        syn::Meta::List(list) => list.tokens.clone(),
        syn::Meta::NameValue(_) => {
            sink.at(&attribute, "keys stand in parentheses: `#[step(..)]` [PT0122]");
            TokenStream::new()
        }
    };
    Some(Mark { keys })
}

/// The attribute `#[step]` of an item that can be none.
fn marked(tokens: &TokenStream) -> Option<TokenTree> {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    tokens.windows(2).find_map(|pair| match pair {
        [TokenTree::Punct(hash), TokenTree::Group(group)] if hash.as_char() == '#' => {
            let first = group.stream().into_iter().next()?;
            (first.to_string() == "step").then_some(first)
        }
        _ => None,
    })
}

fn unmarked(tokens: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_mark = |at: usize| matches!(&tokens[at], TokenTree::Group(group) if group.stream().into_iter().next().is_some_and(|first| first.to_string() == "step"));
    let is_left = |at: &usize| !(is_mark(*at) || *at + 1 < tokens.len() && is_mark(*at + 1));
    (0..tokens.len()).filter(is_left).map(|at| tokens[at].clone()).collect()
}

fn words(tokens: &TokenStream) -> impl Iterator<Item = String> + use<> {
    tokens.clone().into_iter().filter_map(|token| match token {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    })
}

/// The tokens of a module as items: each ends with `;`, or with its block. Nothing inside is read.
fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let (mut items, mut item) = (Vec::new(), TokenStream::new());
    let mut tokens = tokens.into_iter().peekable();
    // `use a::{b};` and `const A: B = { .. };` go on behind their braces.
    let mut semicolon = false;
    let mut first = true;
    while let Some(token) = tokens.next() {
        let ends = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && !semicolon,
            TokenTree::Ident(ident) => {
                let mut follows = |words: &[&str]| matches!(tokens.peek(), Some(TokenTree::Ident(next)) if words.contains(&next.to_string().as_str()));
                match ident.to_string().as_str() {
                    "use" | "static" | "type" if first => semicolon = true,
                    "const" if first && !follows(&["fn", "async", "unsafe", "extern"]) => semicolon = true,
                    _ => {}
                }
                first &= matches!(ident.to_string().as_str(), "pub");
                false
            }
            TokenTree::Literal(_) => false,
        };
        item.extend([token]);
        if ends {
            items.push(std::mem::take(&mut item));
            (semicolon, first) = (false, true);
        }
    }
    if !item.is_empty() {
        items.push(item);
    }
    items
}
