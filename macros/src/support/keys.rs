//! The keys in the parentheses of an attribute: `#[handler(timeout = "5s", for = [A, B])]`.
//!
//! A table says which keys an attribute has and of which form each is. The parser stops at no mistake: an unknown, a
//! doubled, a malformed key is told and the next one is read.

use std::time::Duration;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{
    Ident, LitBool, LitByte, LitChar, LitInt, LitStr, Path, Token, Type, TypeTuple, bracketed, parenthesized, token,
};

use super::name::did_you_mean;
use super::sink::Sink;
use super::spans;

/// A key and the form of its value.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    /// How it is written, for errors.
    pub(crate) example: &'static str,
}

/// What stands behind a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Nothing.
    Flag,
    /// Nothing, or `(..)`.
    FlagOrList,
    /// `= true` or `= false`
    Bool,
    /// `= ".."`
    Text,
    /// `= 2`
    Number,
    /// `= Type`
    Type,
    /// `= a::path`
    Path,
    /// `= [A, B]`, `= [1, 2]` or `= [(A, 1)]`
    Types,
    /// `= a` or `= [a, b]`
    Names,
    /// `= continue`, a word of the attribute's own, which may be one of Rust's.
    Word,
    /// The type itself: `as dyn Trait`.
    As,
    /// `(..)`, whatever is in it.
    List,
    /// The same, as often as one likes.
    Lists,
}

pub(crate) const fn key(name: &'static str, form: Form, example: &'static str) -> Key {
    Key { name, form, example }
}

/// `crate = path`, which every attribute has.
pub(crate) const CRATE: Key = key("crate", Form::Path, "crate = path::to::partitura");

/// Every key of every attribute, to tell a misplaced one from an unknown one.
const ELSEWHERE: &[(&str, &str)] = &[
    ("scoped", "`#[injectable]` and `#[provider]`"),
    ("transient", "`#[injectable]` and `#[provider]`"),
    ("many", "`#[injectable]` and `#[provider]`"),
    ("named", "`#[injectable]` and `#[provider]`"),
    ("as", "`#[injectable]` and `#[provider]`"),
    ("dispose", "`#[injectable]` and `#[provider]`"),
    ("topic", "`#[handler]` and `#[event]`"),
    ("route", "`#[handler]` and `#[orchestrate]`"),
    ("created", "`route(..)`, and a method of a controller answers with `Created::at(location, value)`"),
    ("accepted", "`route(..)`, and a method of a controller answers with `Accepted(value)`"),
    ("if_match", "`route(..)`"),
    ("max_body", "the configuration, `[http.limits.routes.\"POST /path\"]`"),
    ("rate", "the configuration, `[http.limits.routes.\"POST /path\"]`"),
    ("concurrency", "the configuration, `[http.limits.routes.\"POST /path\"]`"),
    ("agent", "`#[handler]` and `#[orchestrate]`"),
    ("destructive", "`agent(..)`"),
    ("open_world", "`agent(..)`"),
    ("title", "`agent(..)`"),
    ("idempotent", "`#[handler]`"),
    ("retries", "`#[handler]` and `#[step]`"),
    ("backoff", "`#[handler]` and `#[step]`"),
    ("allow", "`#[handler]`, `#[orchestrate]`, `#[controller]` and its methods"),
    ("public", "`#[handler]`, `#[orchestrate]`, `#[controller]` and its methods"),
    ("behaviors", "`#[handler]` and `app!`"),
    ("section", "`#[config]`"),
    ("timeout", "`#[handler]`, `#[step]`, `#[orchestrate]`, `#[controller]` and its methods"),
    ("after", "`#[step]` in an `#[orchestrate] mod`"),
    ("before", "`#[step]` in an `#[orchestrate] mod`"),
    ("when", "`#[step]` in an `#[orchestrate] mod`"),
    ("compensate", "`#[step]` in an `#[orchestrate] mod`"),
    ("on_failure", "`#[step]`"),
    ("input", "`#[orchestrate]`"),
    ("output", "`#[orchestrate]`"),
    ("on", "`#[orchestrate]`"),
    ("limit", "`#[orchestrate]`"),
    ("sequential", "`#[orchestrate]`"),
    ("exclusive", "`#[orchestrate]`"),
    ("undo_within", "`#[orchestrate]`"),
    ("layers", "`#[controller]` and its methods"),
    ("for", "`#[handler]`, `#[injectable]` and `#[provider]`"),
    ("contract", "`#[command]` and `#[query]`"),
    ("reply", "`#[command]` and `#[query]`"),
    ("local", "`#[command]`, `#[query]` and `#[event]`"),
    ("name", "`#[command]`, `#[query]` and `#[event]`"),
    ("version", "`#[command]`, `#[query]` and `#[event]`"),
    ("kind", "`#[problem]`"),
    ("code", "`#[problem]`"),
    ("message", "`#[problem]`"),
];

/// The keys that were given.
#[derive(Default)]
pub(crate) struct Keys {
    given: Vec<(Ident, Value)>,
    /// Those that are told to be malformed, or to be no keys here: nothing more is asked of them.
    malformed: Vec<Ident>,
}

pub(crate) enum Value {
    Flag,
    Bool(LitBool),
    Text(LitStr),
    Number(LitInt),
    Type(Box<Type>),
    Path(Path),
    Types(Vec<Type>),
    Names(Vec<Ident>),
    List(TokenStream),
}

impl Keys {
    /// Reads the keys of `attribute` (as the user writes it, `#[handler]`) by the table `known`.
    pub(crate) fn parse(attribute: &str, known: &[Key], tokens: TokenStream, sink: &mut Sink) -> Keys {
        let mut keys = Keys::default();
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                keys.one(attribute, known, input, sink);
                if !input.is_empty() && input.parse::<Token![,]>().is_err() {
                    sink.span(input.span(), "expected `,` between two keys [PT0122]");
                    skip(input);
                    let _ = input.parse::<Option<Token![,]>>();
                }
            }
            Ok(())
        };
        let result = Parser::parse2(parser, tokens);
        sink.take(result);
        keys
    }

    fn one(&mut self, attribute: &str, known: &[Key], input: ParseStream<'_>, sink: &mut Sink) {
        let Ok(name) = input.call(Ident::parse_any) else {
            sink.span(input.span(), format!("expected a key of `{attribute}`: {} [PT0121]", list(known)));
            skip(input);
            return;
        };
        let text = name.to_string();
        let Some(key) = known.iter().find(|key| key.name == text) else {
            sink.at(&name, unknown(attribute, known, &text));
            skip(input);
            self.malformed.push(name);
            return;
        };
        if key.form != Form::Lists && self.given.iter().any(|(other, _)| *other == name) {
            let advice = match key.form {
                Form::As => {
                    ": leave it out, and for each trait add `#[provider] fn name(it: Arc<Made>) -> Arc<dyn Trait> { it }`, where `Made` is what is made here"
                }
                _ => "",
            };
            sink.at(&name, format!("`{text}` is given twice{advice} [PT0121]"));
            skip(input);
            return;
        }
        // A key that ends where its value should stand has no token of its own to point at.
        let is_bare = input.is_empty() || input.peek(Token![,]);
        let quoted = if key.form == Form::Path { quoted(&input.fork()) } else { None };
        match value(key.form, input) {
            Ok(value) => self.given.push((name, value)),
            Err(error) if key.form == Form::Flag => {
                sink.span(error.span(), format!("`{text}` has no value: write the word alone [PT0122]"));
                skip(input);
                self.given.push((name, Value::Flag));
            }
            Err(error) => {
                let at = if is_bare { name.span() } else { error.span() };
                match quoted {
                    Some(value) => sink.span(at, format!("`{text}` has no quotes: `{text} = {value}` [PT0122]")),
                    None => sink.span(at, format!("`{text}` is written `{}` [PT0122]", key.example)),
                }
                skip(input);
                self.malformed.push(name);
            }
        }
    }

    /// Whether any of them is malformed or unknown, which is told.
    pub(crate) fn has_mistakes(&self) -> bool {
        !self.malformed.is_empty()
    }

    /// Whether `name` is there in another form than its own, which is told.
    pub(crate) fn is_malformed(&self, name: &str) -> bool {
        self.malformed.iter().any(|key| key == name)
    }

    fn get(&self, name: &str) -> Option<(&Ident, &Value)> {
        self.given.iter().find(|(key, _)| key == name).map(|(key, value)| (key, value))
    }

    /// The key's own token, to put a mistake under it.
    pub(crate) fn flag(&self, name: &str) -> Option<&Ident> {
        self.get(name).map(|(key, _)| key)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&LitStr> {
        self.get(name).and_then(|(_, value)| match value {
            Value::Text(text) => Some(text),
            _ => None,
        })
    }

    pub(crate) fn bool(&self, name: &str) -> Option<&LitBool> {
        self.get(name).and_then(|(_, value)| match value {
            Value::Bool(value) => Some(value),
            _ => None,
        })
    }

    pub(crate) fn number(&self, name: &str) -> Option<&LitInt> {
        self.get(name).and_then(|(_, value)| match value {
            Value::Number(number) => Some(number),
            _ => None,
        })
    }

    pub(crate) fn ty(&self, name: &str) -> Option<&Type> {
        self.get(name).and_then(|(_, value)| match value {
            Value::Type(ty) => Some(&**ty),
            _ => None,
        })
    }

    pub(crate) fn path(&self, name: &str) -> Option<&Path> {
        self.get(name).and_then(|(_, value)| match value {
            Value::Path(path) => Some(path),
            _ => None,
        })
    }

    pub(crate) fn types(&self, name: &str) -> Option<(&Ident, &[Type])> {
        self.get(name).and_then(|(key, value)| match value {
            Value::Types(types) => Some((key, types.as_slice())),
            _ => None,
        })
    }

    /// The names of one or of several.
    pub(crate) fn names(&self, name: &str) -> &[Ident] {
        match self.get(name) {
            Some((_, Value::Names(names))) => names,
            _ => &[],
        }
    }

    /// What stands in the parentheses, and the key's own token.
    pub(crate) fn list(&self, name: &str) -> Option<(&Ident, &TokenStream)> {
        self.get(name).and_then(|(key, value)| match value {
            Value::List(tokens) => Some((key, tokens)),
            _ => None,
        })
    }

    /// All of one name: what stands in the parentheses, and the key's own token.
    pub(crate) fn lists(&self, name: &str) -> impl Iterator<Item = (&Ident, &TokenStream)> {
        self.given.iter().filter_map(move |(key, value)| match value {
            Value::List(tokens) if key == name => Some((key, tokens)),
            _ => None,
        })
    }

    /// `crate = path`.
    pub(crate) fn runtime(&self) -> Option<&Path> {
        self.path("crate")
    }
}

fn value(form: Form, input: ParseStream<'_>) -> syn::Result<Value> {
    if form == Form::As {
        return Ok(Value::Type(Box::new(input.parse()?)));
    }
    if matches!(form, Form::List | Form::Lists) {
        let content;
        parenthesized!(content in input);
        return Ok(Value::List(content.parse()?));
    }
    if form == Form::FlagOrList && input.peek(syn::token::Paren) {
        return value(Form::List, input);
    }
    if matches!(form, Form::Flag | Form::FlagOrList) {
        return match input.is_empty() || input.peek(Token![,]) {
            true => Ok(Value::Flag),
            false => Err(input.error("")),
        };
    }
    input.parse::<Token![=]>()?;
    if form == Form::Word {
        return Ok(Value::Names(vec![input.call(Ident::parse_any)?]));
    }
    if form == Form::Names {
        if !input.peek(syn::token::Bracket) {
            return Ok(Value::Names(vec![input.parse()?]));
        }
        let content;
        bracketed!(content in input);
        return Ok(Value::Names(all(&content, Ident::parse)?));
    }
    Ok(match form {
        Form::Bool => Value::Bool(input.parse()?),
        Form::Text => Value::Text(input.parse()?),
        Form::Number => Value::Number(input.parse()?),
        Form::Type => Value::Type(Box::new(input.parse()?)),
        Form::Path => Value::Path(input.call(Path::parse_mod_style)?),
        Form::Types
        | Form::Names
        | Form::Word
        | Form::Flag
        | Form::FlagOrList
        | Form::As
        | Form::List
        | Form::Lists => {
            let content;
            bracketed!(content in input);
            Value::Types(all(&content, instance)?)
        }
    })
}

/// What is meant by `= "a::path"` where a path stands.
fn quoted(ahead: ParseStream<'_>) -> Option<String> {
    ahead.parse::<Token![=]>().ok()?;
    let text: LitStr = ahead.parse().ok()?;
    text.parse_with(Path::parse_mod_style).is_ok().then(|| text.value())
}

/// What stands in brackets. After a mistake the rest of it is read over, or syn would tell it a second time.
fn all<T>(content: ParseStream<'_>, one: fn(ParseStream<'_>) -> syn::Result<T>) -> syn::Result<Vec<T>> {
    let listed = content.parse_terminated(one, Token![,]);
    content.parse::<TokenStream>()?;
    Ok(listed?.into_iter().collect())
}

/// A type, a constant, or several of them in parentheses. A constant stands where a type does, and is put in word by word.
fn instance(input: ParseStream<'_>) -> syn::Result<Type> {
    if input.peek(Token![-]) {
        // Among generic arguments it has braces.
        let literal: LitInt = input.parse()?;
        return Ok(Type::Verbatim(quote!({ #literal })));
    }
    let is_constant = input.peek(LitInt) || input.peek(LitBool) || input.peek(LitChar) || input.peek(LitByte);
    if is_constant || input.peek(token::Brace) {
        return Ok(Type::Verbatim(input.parse::<TokenTree>()?.into()));
    }
    let ahead = input.fork();
    if input.peek(token::Paren) && ahead.parse::<Type>().is_err() {
        let content;
        let paren_token = parenthesized!(content in input);
        let elems = content.parse_terminated(instance, Token![,]);
        content.parse::<TokenStream>()?;
        return Ok(Type::Tuple(TypeTuple { attrs: Vec::new(), paren_token, elems: elems? }));
    }
    input.parse()
}

/// Reads on to the next comma.
pub(crate) fn skip(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

fn list(known: &[Key]) -> String {
    known.iter().map(|key| format!("`{}`", key.name)).collect::<Vec<_>>().join(", ")
}

fn unknown(attribute: &str, known: &[Key], name: &str) -> String {
    if matches!(name, "path" | "prefix") && known.iter().any(|key| key.name == "layers") {
        let name = attribute.trim_start_matches("#[").trim_end_matches(']');
        return format!("the path stands first, and has no key: `#[{name}(\"/path\")]` [PT0121]");
    }
    if name == "status" && known.iter().any(|key| key.name == "kind") {
        return format!("`{attribute}` has no key `status`: it follows from the kind, `kind = not_found` [PT0121]");
    }
    let names: Vec<&str> = known.iter().map(|key| key.name).collect();
    let near = did_you_mean(name, &names);
    if near.is_empty()
        && let Some((_, owner)) = ELSEWHERE.iter().find(|(key, _)| *key == name)
    {
        return format!("`{name}` is no key of `{attribute}`; it is one of {owner} [PT0121]");
    }
    let keys = if near.is_empty() { format!("; its keys are {}", list(known)) } else { near };
    format!("`{attribute}` has no key `{name}`{keys} [PT0121]")
}

/// Milliseconds of `"5s"`, `"250ms"`, `"1h30m"`.
pub(crate) fn milliseconds(literal: &LitStr, sink: &mut Sink) -> u64 {
    match duration(&literal.value()) {
        Some(duration) if duration >= Duration::from_millis(1) => duration.as_millis().try_into().unwrap_or(u64::MAX),
        _ => {
            sink.at(
                literal,
                format!(
                    "`{}` is no duration: write a number and a unit of `ms`, `s`, `m`, `h` or `d`, such as \"250ms\", \"5s\" or \"1h30m\" [PT0123]",
                    literal.value()
                ),
            );
            0
        }
    }
}

fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total: u64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let factor = match rest[..letters].trim() {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(factor)?)?;
        rest = &rest[letters..];
    }
    Some(Duration::from_millis(total))
}

/// The tokens of the attributes called `name`, joined, and the span of the first.
pub(crate) fn helper(attributes: &[syn::Attribute], name: &str, sink: &mut Sink) -> (TokenStream, Option<Span>) {
    let mut tokens = TokenStream::new();
    let mut span = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        span.get_or_insert_with(|| syn::spanned::Spanned::span(attribute));
        match &attribute.meta {
            syn::Meta::Path(_) => {}
            syn::Meta::List(list) => {
                if !tokens.is_empty() {
                    <Token![,]>::default().to_tokens(&mut tokens);
                }
                tokens.extend(list.tokens.clone());
            }
            syn::Meta::NameValue(_) => {
                sink.at(attribute, format!("keys stand in parentheses: `#[{name}(..)]` [PT0122]"))
            }
        }
    }
    (tokens, span)
}

/// Reads a whole input, or tells why not.
pub(crate) fn parse<T: Parse>(tokens: TokenStream, sink: &mut Sink) -> Option<T> {
    let result = syn::parse2(tokens);
    sink.take(result)
}

/// Without those that are listed twice, which are told; `what` says before the name what they are.
pub(crate) fn once<T: ToTokens>(listed: Vec<T>, what: &str, sink: &mut Sink) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for one in listed {
        if kept.iter().any(|other| spans::text(other) == spans::text(&one)) {
            sink.at(&one, format!("{what}`{}` is listed twice [PT0121]", spans::text(&one)));
        } else {
            kept.push(one);
        }
    }
    kept
}
