//! `#[config(section = "db")]`: a struct that is filled from a section of the configuration, and injectable.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::{Field, ItemStruct};

use crate::injectable;
use crate::support::function::{is_other_item, without_body};
use crate::support::keys::{CRATE, Form, Key, Keys, key};
use crate::support::serde::Serde;
use crate::support::sink::Sink;
use crate::support::spans;

const KEYS: &[Key] = &[key("section", Form::Text, "section = \"db\""), CRATE];

/// The sections of every application, as `Blueprint::sections` lists them. Those of adapters are not here: not every
/// application has them.
const RESERVED: &[&str] = &["runtime", "log", "behaviors", "queue", "session", "modules", "messages", "subscribers"];

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let place = proc_macro2::Span::call_site();
    let keys = Keys::parse("#[config]", KEYS, args, &mut sink);
    let structure = match syn::parse2::<ItemStruct>(item.clone()) {
        Ok(structure) => structure,
        Err(error) => {
            match is_other_item(&item, |item| matches!(item, syn::Item::Struct(_))) {
                true => sink.at(
                    without_body(&item),
                    "`#[config]` stands on a struct, whose fields are the keys of the section [PT0130]",
                ),
                false => sink.push(error),
            }
            let errors = sink.into_tokens();
            return quote!(#item #errors);
        }
    };
    if keys.text("section").is_none() && sink.is_empty() {
        sink.span(place, "say which section it reads: `#[config(section = \"db\")]` [PT0122]");
    }
    if let Some(section) = keys.text("section") {
        check_section(section, &mut sink);
    }
    if !structure.generics.params.is_empty() {
        sink.at(&structure.generics, "a section of the configuration has one type: it cannot be generic [PT0124]");
    }
    let wiring = match (keys.text("section"), sink.is_empty()) {
        (Some(section), true) => wire(&structure, section, keys.runtime()),
        _ => TokenStream::new(),
    };
    let errors = sink.into_tokens();
    quote!(#structure #wiring #errors)
}

fn check_section(section: &syn::LitStr, sink: &mut Sink) {
    let name = section.value();
    if RESERVED.contains(&name.as_str()) {
        let all: Vec<String> = RESERVED.iter().map(|name| format!("`{name}`")).collect();
        sink.at(
            section,
            format!("the framework reads `{name}` itself: take another name than {} [PT0120]", all.join(", ")),
        );
        return;
    }
    let fine = !name.is_empty()
        && name.split('.').all(|part| {
            !part.is_empty()
                && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
        });
    if !fine {
        sink.at(
            section,
            format!("a section is named like a TOML table in lower case, `db` or `db.primary`, not `{name}` [PT0120]"),
        );
    }
}

fn wire(structure: &ItemStruct, section: &syn::LitStr, runtime: Option<&syn::Path>) -> TokenStream {
    let name = &structure.ident;
    let serde = Serde::read(&structure.attrs);
    let open = structure.fields.iter().any(|field| Serde::read(&field.attrs).flatten);
    let fields = structure.fields.iter().filter_map(|field| one(field, &serde));
    let section = quote! {
        impl __partitura::rt::Section for #name {
            const NAME: &'static str = #section;
            const FIELDS: &'static [__partitura::rt::Field] = &[#(#fields),*];
            const OPEN: bool = #open;
        }
    };
    injectable::wire_config(name, runtime, &section)
}

fn one(field: &Field, container: &Serde) -> Option<TokenStream> {
    let serde = Serde::read(&field.attrs);
    if serde.flatten || serde.skip {
        return None;
    }
    let ident = field.ident.as_ref()?;
    let name = serde.field(&ident.to_string(), container.rename_all.as_deref());
    let name = Literal::string(&name);
    let ty = &field.ty;
    let text = spans::text(ty);
    let optional = serde.default || container.default || text.starts_with("Option<");
    let secret = text.contains("Secret<");
    let text = Literal::string(&text);
    let tokens = match optional {
        true => quote!(__partitura::rt::Field::optional(#name, #text)),
        false => quote!(__partitura::rt::Field::required(#name, #text)),
    };
    let cfg = field.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    let secret = secret.then(|| quote!(.secret()));
    Some(quote!(#(#cfg)* #tokens #secret))
}
