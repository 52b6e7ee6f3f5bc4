//! What the macros write, read as a user reads `cargo expand`. Spans are not seen here: `ui-tests` shows those.

mod document;
mod expansions;
mod mistakes;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;

use crate::message::Kind;

/// Expands the one item of Partitura in `source`, which is written as in a program.
fn expand(source: &str) -> TokenStream {
    let tokens: Vec<TokenTree> = source.parse::<TokenStream>().expect("tokens").into_iter().collect();
    if let Some(body) = bang(&tokens) {
        return match tokens[3].to_string().as_str() {
            "module" => crate::module::expand(body),
            "folder" => crate::folder::expand(body),
            _ => crate::app::expand(body),
        };
    }
    let mut derives = None;
    for at in 0..tokens.len().saturating_sub(1) {
        let Some((name, arguments)) = attribute(&tokens[at..]) else { continue };
        let without: TokenStream = tokens[..at].iter().chain(&tokens[at + 2..]).cloned().collect();
        match name.as_str() {
            "handler" => return crate::handler::expand(arguments, without),
            "injectable" => return crate::injectable::expand_struct(arguments, without),
            "provider" => return crate::injectable::expand_fn(arguments, without),
            "config" => return crate::config::expand(arguments, without),
            "behavior" => return crate::behavior::expand(arguments, without),
            "controller" => return crate::controller::expand(arguments, without),
            "orchestrate" => return crate::orchestrate::expand(arguments, without),
            "step" => return crate::orchestrate::expand_step(arguments, without),
            "derive" => derives = Some((arguments.to_string(), without)),
            _ => {}
        }
    }
    if let Some((names, item)) = derives {
        let derived = derived(&names, &item);
        return quote!(#item #derived);
    }
    panic!("nothing of Partitura in {source}");
}

/// The body of `partitura::module! { .. }`.
fn bang(tokens: &[TokenTree]) -> Option<TokenStream> {
    match tokens.last() {
        Some(TokenTree::Group(body)) if tokens.len() == 6 && tokens[4].to_string() == "!" => Some(body.stream()),
        _ => None,
    }
}

/// `#[name(arguments)]` at the beginning.
fn attribute(tokens: &[TokenTree]) -> Option<(String, TokenStream)> {
    let (TokenTree::Punct(hash), TokenTree::Group(group)) = (&tokens[0], &tokens[1]) else { return None };
    if hash.as_char() != '#' || group.delimiter() != Delimiter::Bracket {
        return None;
    }
    let mut inner = group.stream().into_iter();
    let name = inner.next()?.to_string();
    match inner.next() {
        Some(TokenTree::Group(arguments)) => Some((name, arguments.stream())),
        _ => Some((name, TokenStream::new())),
    }
}

fn derived(names: &str, item: &TokenStream) -> TokenStream {
    names
        .split(',')
        .map(|name| match name.trim() {
            "Command" => crate::message::expand(Kind::Command, item.clone()),
            "Query" => crate::message::expand(Kind::Query, item.clone()),
            "Event" => crate::message::expand(Kind::Event, item.clone()),
            "Problem" => crate::problem::expand(item.clone()),
            "Validate" => crate::validate::expand(item.clone()),
            "EventSet" => crate::event_set::expand(item.clone()),
            // Those of others are left out.
            _ => TokenStream::new(),
        })
        .collect()
}

/// As `cargo expand` shows it. The name of a module's table holds a hash of what cargo says of the crate, which is
/// another one under each way to run a test.
fn pretty(tokens: TokenStream) -> String {
    let text = match syn::parse2::<syn::File>(tokens.clone()) {
        Ok(file) => prettyplease::unparse(&file),
        Err(_) => tokens.to_string(),
    };
    ["PARTITURA_APPLICATION_", "__partitura_application_"].into_iter().fold(text, |text, name| {
        let mut parts = text.split(name);
        let mut shown = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            shown.push_str(name);
            shown.push_str("0123456789ABCDEF");
            shown.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
        }
        shown
    })
}
