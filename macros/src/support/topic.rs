//! Topics and patterns of topics, as the runtime reads them (its room `topic`): words between dots.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Ident, LitStr};

use super::name::did_you_mean;
use super::sink::Sink;
use super::spans;

const MAX_BYTES: usize = 255;
const MAX_WORDS: usize = 32;

/// Checks `"orders.*.#"`.
pub(crate) fn check_pattern(literal: &LitStr, sink: &mut Sink) {
    let text = literal.value();
    if let Err(fault) = words(&text, |word| match word {
        "*" | "#" => None,
        word if word.contains(['*', '#']) => Some(format!(
            "`{word}` has a wildcard inside of a word: `*` stands for one whole word and `#` for any number"
        )),
        word => plain(word),
    }) {
        sink.at(
            literal,
            format!("`{text}` is no pattern of topics: {fault}; such as \"orders.*.placed\" or \"orders.#\" [PT0150]"),
        );
    }
}

/// A topic with fields in it: `"orders.{region}.placed"`.
pub(crate) struct Template {
    literal: LitStr,
    words: Vec<Word>,
}

enum Word {
    Fixed(String),
    Field(Ident),
}

impl Template {
    /// Reads `literal`, whose fields are among `fields`.
    pub(crate) fn read(literal: &LitStr, fields: &[Ident], sink: &mut Sink) -> Option<Template> {
        let text = literal.value();
        let mut template = Template { literal: literal.clone(), words: Vec::new() };
        let checked = words(&text, |word| {
            let Some(name) = word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) else {
                template.words.push(Word::Fixed(word.to_owned()));
                return plain(word).or_else(|| {
                    word.contains(['*', '#', '{', '}'])
                        .then(|| format!("`{word}` is no word: wildcards are for those who listen, and a field is a whole word, `{{region}}`"))
                });
            };
            match fields.iter().find(|field| field.to_string().trim_start_matches("r#") == name) {
                Some(field) => {
                    template.words.push(Word::Field(located(field, literal)));
                    None
                }
                None => {
                    let names: Vec<String> =
                        fields.iter().map(|field| field.to_string().trim_start_matches("r#").to_owned()).collect();
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    let near = did_you_mean(name, &names);
                    let all = match names.is_empty() {
                        true => "; it has no named fields".to_owned(),
                        false if near.is_empty() => format!("; it has `{}`", names.join("`, `")),
                        false => near,
                    };
                    Some(format!("the event has no field `{name}`{all}"))
                }
            }
        });
        match checked {
            Ok(()) => Some(template),
            Err(fault) => {
                sink.at(
                    literal,
                    format!("`{text}` is no topic: {fault}; such as \"orders.{{region}}.placed\" [PT0150]"),
                );
                None
            }
        }
    }

    /// The constant and the fn of `impl Event`.
    pub(crate) fn expand(&self, rt: &TokenStream) -> TokenStream {
        let literal = &self.literal;
        let fields: Vec<&Ident> = self
            .words
            .iter()
            .filter_map(|word| match word {
                Word::Field(field) => Some(field),
                Word::Fixed(_) => None,
            })
            .collect();
        let body = if fields.is_empty() {
            quote!(::core::result::Result::Ok(#rt::Topic::literal(#literal)))
        } else {
            let words = self.words.iter().map(|word| match word {
                Word::Fixed(text) => quote!(&#text),
                Word::Field(field) => quote_spanned!(spans::at(literal.span())=> &self.#field),
            });
            quote!(#rt::topic_of(&[#(#words),*]))
        };
        quote! {
            const TOPIC: &'static str = #literal;
            fn topic(&self) -> #rt::Result<#rt::Topic> {
                #body
            }
        }
    }
}

/// The field as it is called, located at the topic: what cannot be written as a word is told there.
fn located(field: &Ident, literal: &LitStr) -> Ident {
    let mut field = field.clone();
    field.set_span(field.span().located_at(literal.span()));
    field
}

fn words(text: &str, fault: impl FnMut(&str) -> Option<String>) -> Result<(), String> {
    if text.len() > MAX_BYTES {
        return Err(format!("it is {} bytes long, and {MAX_BYTES} are allowed", text.len()));
    }
    let count = text.split('.').count();
    if count > MAX_WORDS {
        return Err(format!("it has {count} words, and {MAX_WORDS} are allowed"));
    }
    match text.split('.').find_map(fault) {
        Some(fault) => Err(fault),
        None => Ok(()),
    }
}

fn plain(word: &str) -> Option<String> {
    if word.is_empty() {
        return Some("a word between its dots is empty".to_owned());
    }
    let bad = word.chars().find(|c| c.is_whitespace() || c.is_control())?;
    Some(format!("`{word}` has the character {bad:?} in it"))
}
