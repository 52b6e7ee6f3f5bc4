//! What serde's own attributes say that changes the names in JSON.

use proc_macro2::TokenStream;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, LitStr};

/// The attributes of a container, a variant or a field. Where the names of reading and writing differ, it is the one of
/// reading.
#[derive(Default)]
pub(crate) struct Serde {
    pub(crate) rename: Option<String>,
    pub(crate) rename_all: Option<String>,
    pub(crate) rename_all_fields: Option<String>,
    pub(crate) tag: Option<String>,
    pub(crate) content: Option<String>,
    pub(crate) default: bool,
    pub(crate) flatten: bool,
    pub(crate) skip: bool,
    pub(crate) transparent: bool,
    pub(crate) untagged: bool,
}

impl Serde {
    pub(crate) fn read(attributes: &[Attribute]) -> Serde {
        let mut serde = Serde::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
            // What serde does not understand, serde tells.
            let _ = attribute.parse_nested_meta(|meta| serde.one(&meta));
        }
        serde
    }

    fn one(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        let value = value(meta)?;
        match key.as_str() {
            "rename" => self.rename = value,
            "rename_all" => self.rename_all = value,
            "rename_all_fields" => self.rename_all_fields = value,
            "tag" => self.tag = value,
            "content" => self.content = value,
            "default" => self.default = true,
            "flatten" => self.flatten = true,
            "skip" | "skip_deserializing" => self.skip = true,
            "transparent" => self.transparent = true,
            "untagged" => self.untagged = true,
            _ => {}
        }
        Ok(())
    }

    /// The name in JSON of a `field` that stands under a `rename_all`.
    pub(crate) fn field(&self, field: &str, rename_all: Option<&str>) -> String {
        self.rename.clone().unwrap_or_else(|| field_case(field, rename_all))
    }

    /// The name in JSON of a `variant` that stands under a `rename_all`.
    pub(crate) fn variant(&self, variant: &str, rename_all: Option<&str>) -> String {
        self.rename.clone().unwrap_or_else(|| variant_case(variant, rename_all))
    }
}

/// `= ".."`, or the one of reading in `(serialize = "..", deserialize = "..")`.
fn value(meta: &ParseNestedMeta<'_>) -> syn::Result<Option<String>> {
    if meta.input.peek(syn::Token![=]) {
        let value = meta.value()?;
        // What serde takes no text for is not read, nor is it told here.
        return Ok(value.parse::<syn::Lit>().ok().and_then(|literal| match literal {
            syn::Lit::Str(text) => Some(text.value()),
            _ => None,
        }));
    }
    if !meta.input.peek(syn::token::Paren) {
        return Ok(None);
    }
    let content;
    syn::parenthesized!(content in meta.input);
    let tokens: TokenStream = content.parse()?;
    let mut value = None;
    let pairs = |meta: ParseNestedMeta<'_>| {
        let text: LitStr = meta.value()?.parse()?;
        if meta.path.is_ident("deserialize") {
            value = Some(text.value());
        }
        Ok(())
    };
    // `bound(..)` and the like hold something else.
    let _ = syn::parse::Parser::parse2(syn::meta::parser(pairs), tokens);
    Ok(value)
}

/// `snake_case` in another case, as serde does it.
fn field_case(field: &str, case: Option<&str>) -> String {
    let field = field.strip_prefix("r#").unwrap_or(field);
    let pascal = || -> String {
        field
            .split('_')
            .flat_map(|word| {
                word.char_indices().map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c }).collect::<Vec<_>>()
            })
            .collect()
    };
    match case {
        Some("kebab-case") => field.replace('_', "-"),
        Some("SCREAMING_SNAKE_CASE" | "UPPERCASE") => field.to_ascii_uppercase(),
        Some("SCREAMING-KEBAB-CASE") => field.to_ascii_uppercase().replace('_', "-"),
        Some("PascalCase") => pascal(),
        Some("camelCase") => lower_first(&pascal()),
        // serde takes a field to be in lower case already.
        _ => field.to_owned(),
    }
}

/// `PascalCase` in another case, as serde does it.
fn variant_case(variant: &str, case: Option<&str>) -> String {
    let variant = variant.strip_prefix("r#").unwrap_or(variant);
    let snake = || {
        let mut snake = String::new();
        for (at, c) in variant.char_indices() {
            if at > 0 && c.is_uppercase() {
                snake.push('_');
            }
            snake.push(c.to_ascii_lowercase());
        }
        snake
    };
    match case {
        Some("lowercase") => variant.to_ascii_lowercase(),
        Some("UPPERCASE") => variant.to_ascii_uppercase(),
        Some("camelCase") => lower_first(variant),
        Some("snake_case") => snake(),
        Some("SCREAMING_SNAKE_CASE") => snake().to_ascii_uppercase(),
        Some("kebab-case") => snake().replace('_', "-"),
        Some("SCREAMING-KEBAB-CASE") => snake().to_ascii_uppercase().replace('_', "-"),
        _ => variant.to_owned(),
    }
}

fn lower_first(text: &str) -> String {
    text.char_indices().map(|(at, c)| if at == 0 { c.to_ascii_lowercase() } else { c }).collect()
}
