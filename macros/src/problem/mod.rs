//! `#[derive(Problem)]`: each variant of an error enum has a kind, a code and a text.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Fields, Ident, LitStr};

use crate::support::keys::{self, CRATE, Form, Key, Keys, key};
use crate::support::name::{did_you_mean, snake};
use crate::support::paths;
use crate::support::sink::Sink;

const KEYS: &[Key] = &[
    key("kind", Form::Path, "kind = conflict"),
    key("code", Form::Text, "code = \"bank.no_funds\""),
    key("message", Form::Text, "message = \"only {left} left\""),
    CRATE,
];

const KINDS: &[&str] = &[
    "invalid",
    "unauthenticated",
    "forbidden",
    "not_found",
    "conflict",
    "gone",
    "too_large",
    "too_many",
    "timeout",
    "cancelled",
    "unavailable",
    "internal",
];

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let Some(input) = keys::parse::<DeriveInput>(item, &mut sink) else { return sink.into_tokens() };
    let (tokens, _) = keys::helper(&input.attrs, "problem", &mut sink);
    let container = Keys::parse("#[problem]", KEYS, tokens, &mut sink);
    if !input.generics.params.is_empty() {
        sink.at(&input.generics, "a problem has one type: it cannot be generic [PT0134]");
    }
    let cases = cases(&input, &container, &mut sink);
    // A mistake in a key must not make every `?` fail, too.
    let is_one = input.generics.params.is_empty() && !matches!(input.data, Data::Union(_));
    let wiring = if is_one { write(&input, &cases, &container) } else { TokenStream::new() };
    let errors = sink.into_tokens();
    let allowed = paths::allowed(&input.attrs).filter(|_| !wiring.is_empty());
    quote!(#allowed #wiring #errors)
}

/// One variant, or the whole struct.
struct Case {
    pattern: TokenStream,
    kind: Ident,
    code: String,
    text: TokenStream,
}

fn cases(input: &DeriveInput, container: &Keys, sink: &mut Sink) -> Vec<Case> {
    match &input.data {
        Data::Enum(data) => data
            .variants
            .iter()
            .map(|variant| {
                let (tokens, _) = keys::helper(&variant.attrs, "problem", sink);
                let keys = Keys::parse("#[problem]", KEYS, tokens, sink);
                let name = &variant.ident;
                let path = quote!(Self::#name);
                case(input, &variant.ident, path, &variant.fields, &keys, container, sink)
            })
            .collect(),
        Data::Struct(data) => {
            let none = Keys::default();
            vec![case(input, &input.ident, quote!(Self), &data.fields, container, &none, sink)]
        }
        Data::Union(data) => {
            sink.at(data.union_token, "a problem is an enum or a struct [PT0134]");
            Vec::new()
        }
    }
}

fn case(
    input: &DeriveInput,
    name: &Ident,
    path: TokenStream,
    fields: &Fields,
    keys: &Keys,
    container: &Keys,
    sink: &mut Sink,
) -> Case {
    let kind = keys.path("kind").or(container.path("kind"));
    let kind = match kind.map(|path| (path, path.get_ident().map(ToString::to_string))) {
        Some((_, Some(kind))) if KINDS.contains(&kind.as_str()) => kind,
        Some((path, kind)) => {
            let kind = kind.unwrap_or_default();
            let near = did_you_mean(&kind, KINDS);
            let hint = if near.is_empty() { format!("; the kinds are {}", KINDS.join(", ")) } else { near };
            sink.at(path, format!("there is no kind `{kind}`{hint} [PT0134]"));
            "internal".to_owned()
        }
        // One that is malformed, or called otherwise, is told.
        None if keys.has_mistakes() || container.has_mistakes() => "internal".to_owned(),
        None => {
            sink.at(name, format!("say of which kind `{name}` is: `#[problem(kind = conflict)]` [PT0134]"));
            "internal".to_owned()
        }
    };
    let code = match keys.text("code") {
        Some(code) => code.value(),
        None => format!("{}.{}", snake(&input.ident).trim_end_matches("_error"), snake(name)),
    };
    let (pattern, bindings) = pattern(path, fields);
    let text = match keys.text("message") {
        Some(message) => display(message, fields, sink),
        None => {
            let words = Literal::string(&snake(name).replace('_', " "));
            quote!({ #(let _ = #bindings;)* f.write_str(#words) })
        }
    };
    let capital: String = kind.split('_').map(capitalised).collect();
    Case { pattern, kind: format_ident!("{}", capital), code, text }
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

fn pattern(path: TokenStream, fields: &Fields) -> (TokenStream, Vec<Ident>) {
    match fields {
        Fields::Named(fields) => {
            let names: Vec<Ident> = fields.named.iter().filter_map(|field| field.ident.clone()).collect();
            (quote!(#path { #(#names),* }), names)
        }
        Fields::Unnamed(fields) => {
            let names: Vec<Ident> = (0..fields.unnamed.len()).map(|at| format_ident!("__field{at}")).collect();
            (quote!(#path( #(#names),* )), names)
        }
        Fields::Unit => (path, Vec::new()),
    }
}

/// `write!` with the fields in scope; `{0}` is the first field of a tuple.
fn display(message: &LitStr, fields: &Fields, sink: &mut Sink) -> TokenStream {
    let mut text = message.value();
    let mut used = Vec::new();
    match fields {
        Fields::Unnamed(fields) => {
            for at in 0..fields.unnamed.len() {
                let (from, to) = (format!("{{{at}"), format!("{{__field{at}"));
                if text.contains(&from) {
                    text = text.replace(&from, &to);
                }
                used.push(format_ident!("__field{at}"));
            }
        }
        Fields::Named(fields) => used.extend(fields.named.iter().filter_map(|field| field.ident.clone())),
        Fields::Unit => {}
    }
    if text.trim().is_empty() {
        sink.at(message, "the message of a problem is not empty [PT0134]");
    }
    let literal = LitStr::new(&text, message.span());
    quote!({ #(let _ = #used;)* ::core::write!(f, #literal) })
}

fn write(input: &DeriveInput, cases: &[Case], container: &Keys) -> TokenStream {
    let name = &input.ident;
    let rt = paths::runtime(container.runtime());
    let patterns: Vec<_> = cases.iter().map(|case| &case.pattern).collect();
    let kinds = cases.iter().map(|case| &case.kind);
    let codes = cases.iter().map(|case| Literal::string(&case.code));
    let texts = cases.iter().map(|case| &case.text);
    let (kind_body, code_body, text_body) = if cases.is_empty() {
        (
            quote!(match *self {}),
            quote!(match *self {}),
            quote!({
                let _ = f;
                match *self {}
            }),
        )
    } else {
        (
            quote!(match self { #(#patterns => #rt::Kind::#kinds),* }),
            quote!(match self { #(#patterns => #codes),* }),
            quote!(match self { #(#patterns => #texts),* }),
        )
    };
    // Whoever writes the texts with another derive keeps them.
    let display = (!has_display(input)).then(|| {
        quote! {
            impl ::core::fmt::Display for #name {
                #[allow(unused_variables)]
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    #text_body
                }
            }
            impl ::core::error::Error for #name {}
        }
    });
    quote! {
        #[doc(hidden)]
        const _: () = {
            #[allow(unused_variables)]
            impl #rt::Problem for #name {
                fn kind(&self) -> #rt::Kind {
                    #kind_body
                }
                fn code(&self) -> &'static str {
                    #code_body
                }
            }
            #display
            #[#rt::linkme::distributed_slice(#rt::PROBLEMS)]
            #[linkme(crate = #rt::linkme)]
            static __PARTITURA_PROBLEM: #rt::ProblemType = #rt::ProblemType::of::<#name>();
        };
    }
}

/// True if `thiserror` or a derive like it writes the texts: its attribute is still there.
fn has_display(input: &DeriveInput) -> bool {
    let others = |attributes: &[Attribute]| {
        attributes.iter().any(|attribute| ["error", "display"].iter().any(|name| attribute.path().is_ident(name)))
    };
    others(&input.attrs)
        || matches!(&input.data, Data::Enum(data) if data.variants.iter().any(|variant| others(&variant.attrs)))
}
