//! Where generated tokens stand. Hygiene is always the call site's, so that the user's own lints do not see them; only
//! the place is the user's, so that an error is shown under what the user wrote.

use proc_macro2::{Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// The context in generated code. No name of the user's can mean it, nor it a fn of the user's that is called so.
pub(crate) fn cx() -> proc_macro2::Ident {
    proc_macro2::Ident::new("cx", Span::mixed_site())
}

/// The message in generated code.
pub(crate) fn message() -> proc_macro2::Ident {
    proc_macro2::Ident::new("message", Span::mixed_site())
}

/// The call site's hygiene at the place of `span`.
pub(crate) fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// The places of the first and of the last token: rustc joins them into one caret.
pub(crate) fn ends(tokens: &impl ToTokens) -> (Span, Span) {
    let mut tokens = tokens.to_token_stream().into_iter();
    let first = tokens.next().map_or_else(Span::call_site, |token| token.span());
    let last = tokens.last().map_or(first, |token| token.span());
    (at(first), at(last))
}

/// Words and signs of generated code, all at one place: what `quote_spanned!` writes, without anything in brackets. To put a
/// stream into another is three calls of the compiler, and a handler has thirty such pieces: these are put in word by word.
///
/// Written by [`words!`], which leaves nothing of the text to be read here: a macro is not optimised where it is used.
#[derive(Clone, Copy)]
pub(crate) struct Words(pub(crate) Span, pub(crate) &'static [&'static str]);

/// `words!(span => Marker as __partitura::rt::Provides<)`
macro_rules! words {
    ($span:expr => $($word:tt)*) => {
        $crate::support::spans::Words($span, const { &[$(stringify!($word)),*] })
    };
}
pub(crate) use words;

impl ToTokens for Words {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Words(span, words) = *self;
        let mut trees = Vec::with_capacity(2 * words.len());
        for word in words {
            if word.as_bytes()[0] == b'_' || word.as_bytes()[0].is_ascii_alphanumeric() {
                trees.push(Ident::new(word, span).into());
                continue;
            }
            let mut signs = word.chars().peekable();
            while let Some(sign) = signs.next() {
                // `::` and `>>` are one sign for the compiler.
                let spacing = if signs.peek().is_some() { Spacing::Joint } else { Spacing::Alone };
                let mut sign = Punct::new(sign, spacing);
                sign.set_span(span);
                trees.push(TokenTree::from(sign));
            }
        }
        tokens.extend(trees);
    }
}

/// `(value)`, with its parentheses at `span`.
pub(crate) fn parenthesized(value: TokenStream, span: Span) -> TokenTree {
    let mut group = proc_macro2::Group::new(proc_macro2::Delimiter::Parenthesis, value);
    group.set_span(span);
    group.into()
}

/// The line of `span`; 0 outside of a compiler, as in the tests of this crate.
pub(crate) fn line(span: Span) -> u32 {
    match proc_macro::is_available() {
        true => u32::try_from(span.unwrap().line()).unwrap_or(0),
        false => 0,
    }
}

/// `{ .. }` with its braces at `span`: an item's place runs from its first token to its last.
pub(crate) fn braces(body: TokenStream, span: Span) -> TokenStream {
    let mut group = proc_macro2::Group::new(proc_macro2::Delimiter::Brace, body);
    group.set_span(at(span));
    proc_macro2::TokenTree::from(group).into()
}

/// The tokens, each at the place `span`.
pub(crate) fn located(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            if let proc_macro2::TokenTree::Group(group) = &token {
                let mut moved = proc_macro2::Group::new(group.delimiter(), located(group.stream(), span));
                moved.set_span(at(span));
                token = moved.into();
            } else {
                token.set_span(at(span));
            }
            token
        })
        .collect()
}

/// The tokens as a user writes them: `dyn Repo`, `Repository<User>`, not `Repository < User >`.
pub(crate) fn text(tokens: &impl ToTokens) -> String {
    let raw = tokens.to_token_stream().to_string();
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw.chars().filter(|c| *c != '\n').peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        let tight_after = matches!(text.chars().last(), Some('<' | ':' | '&' | '(' | '[')) || text.ends_with('\'');
        let tight_before = matches!(next, Some('<' | '>' | ':' | ',' | ')' | ']' | ';'));
        if c == ' ' && (tight_after || tight_before || text.ends_with(' ')) {
            // `: :` never happens, and `T : Bound` reads well without the first space.
            continue;
        }
        text.push(c);
    }
    text.replace(",", ", ").replace(",  ", ", ").trim().to_owned()
}
