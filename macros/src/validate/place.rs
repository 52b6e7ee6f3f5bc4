//! Where a value stands in JSON: what serde's attributes say, by the rules of <https://serde.rs/enum-representations>.

use syn::{Attribute, DeriveInput, Field, Fields, Token, Variant};

use super::model::Reading;
use crate::support::serde::Serde;

/// How the fields of a struct, or of one variant, are named.
pub(super) struct Places<'a> {
    fields: &'a Fields,
    rename_all: Option<String>,
    transparent: bool,
}

impl<'a> Places<'a> {
    pub(super) fn of_struct(fields: &'a Fields, container: &Serde) -> Self {
        Places { fields, rename_all: container.rename_all.clone(), transparent: container.transparent }
    }

    pub(super) fn of_variant(variant: &'a Variant, container: &Serde, own: &Serde) -> Self {
        let rename_all = own.rename_all.clone().or_else(|| container.rename_all_fields.clone());
        Places { fields: &variant.fields, rename_all, transparent: false }
    }

    /// The name of the field at `index`, if it has one: a newtype, a transparent and a flattened field have none.
    pub(super) fn name(&self, index: usize, field: &Field) -> Option<String> {
        let serde = Serde::read(&field.attrs);
        match &field.ident {
            _ if self.transparent || serde.flatten => None,
            Some(name) => Some(serde.field(&name.to_string(), self.rename_all.as_deref())),
            None if self.fields.len() == 1 => None,
            // Those that are skipped have no place in the list.
            None => {
                let before = self.fields.iter().take(index);
                Some(before.filter(|field| !Serde::read(&field.attrs).skip).count().to_string())
            }
        }
    }
}

/// What is around the fields of a variant.
pub(super) fn around(variant: &Variant, container: &Serde, own: &Serde) -> Vec<String> {
    if container.untagged || own.untagged {
        return Vec::new();
    }
    match (&container.tag, &container.content) {
        (Some(_), Some(content)) => vec![content.clone()],
        (Some(_), None) => Vec::new(),
        _ => vec![own.variant(&variant.ident.to_string(), container.rename_all.as_deref())],
    }
}

/// The attributes of the container.
pub(super) fn container(input: &DeriveInput) -> Serde {
    Serde::read(&input.attrs)
}

/// How the field is read.
pub(super) fn reading(field: &Field) -> Reading {
    match Serde::read(&field.attrs).flatten {
        _ if is_converted(&field.attrs) => Reading::Otherwise,
        true => Reading::Flat,
        false => Reading::AsIs,
    }
}

/// Whether serde reads something else than the type, or its schema is said to be another one.
pub(crate) fn is_converted(attributes: &[Attribute]) -> bool {
    const CONVERTED: &[&str] = &["with", "deserialize_with", "schema_with", "from", "try_from"];
    let mut converted = false;
    let said = |attribute: &&Attribute| attribute.path().is_ident("serde") || attribute.path().is_ident("schemars");
    for attribute in attributes.iter().filter(said) {
        // What is not understood is told by whom it is for.
        let _ = attribute.parse_nested_meta(|meta| {
            converted |= CONVERTED.iter().any(|name| meta.path.is_ident(name));
            if meta.input.peek(Token![=]) {
                meta.value()?.parse::<syn::Expr>()?;
            } else if meta.input.peek(syn::token::Paren) {
                let content;
                syn::parenthesized!(content in meta.input);
                content.parse::<proc_macro2::TokenStream>()?;
            }
            Ok(())
        });
    }
    converted
}
