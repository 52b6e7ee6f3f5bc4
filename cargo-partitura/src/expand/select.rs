//! The part of an expanded crate that somebody wants to read.

use quote::ToTokens;
use syn::visit_mut::VisitMut;
use syn::{Attribute, File, Item, ItemMod};

use crate::failure::{Failure, Result};
use crate::near::did_you_mean;

/// What is asked for.
pub(super) struct Wanted<'w> {
    /// A name, or a path from the root; none for the whole crate.
    pub(super) item: Option<&'w str>,
    /// Whether what derives of others wrote is left in.
    pub(super) derives: bool,
}

/// The name by which our macros call the runtime inside of what they write; nobody else writes it.
const OURS: &str = "__partitura";
/// The hidden module of a crate, which `module!` or `app!` writes.
const HIDDEN: &str = "this_crate_needs_one_partitura_module_or_app";

/// The formatted text of it.
pub(super) fn select(text: &str, wanted: &Wanted<'_>) -> Result<String> {
    let mut file = syn::parse_file(text)
        .map_err(|error| Failure::new(format!("what the compiler printed does not parse: {error}")))?;
    file.attrs.clear();
    if !wanted.derives {
        WithoutNoise.visit_file_mut(&mut file);
    }
    let Some(path) = wanted.item else { return Ok(prettyplease::unparse(&file)) };
    let mut found = Vec::new();
    find(&file.items, &mut Vec::new(), &path.split("::").collect::<Vec<_>>(), &mut found);
    if found.is_empty() {
        let mut names = Vec::new();
        collect(&file.items, &mut names);
        let last = path.rsplit("::").next().unwrap_or(path);
        let near = did_you_mean(last, names.iter().map(String::as_str));
        return Err(Failure::usage(format!("there is no item `{path}` in this crate{near}"))
            .fix("`cargo partitura expand` without a name shows all; --package and --bin choose the crate"));
    }
    // `audit` in `mod audit` is what is meant; the module alone where there is nothing else.
    let is_module = |items: &[Item]| matches!(items.first(), Some(Item::Mod(_)));
    if found.iter().any(|(_, items)| !is_module(items)) {
        found.retain(|(_, items)| !is_module(items));
    }
    let parts = found.into_iter().map(|(path, items)| {
        let text = prettyplease::unparse(&File { shebang: None, attrs: Vec::new(), items, frontmatter: None });
        format!("// {path}\n{text}")
    });
    Ok(parts.collect::<Vec<_>>().join("\n"))
}

/// Every item of the name, with the blocks behind it that our macros wrote for it.
fn find(items: &[Item], at: &mut Vec<String>, path: &[&str], found: &mut Vec<(String, Vec<Item>)>) {
    for (number, item) in items.iter().enumerate() {
        if let Some(name) = name(item) {
            at.push(name);
            if ends_with(at, path) {
                let behind = items[number + 1..].iter();
                // What stands between two items that a person wrote belongs to the first.
                let behind = behind.take_while(|item| self::name(item).is_none_or(|name| name.starts_with("__")));
                let behind = behind.filter(|item| is_written_for(item));
                let all = std::iter::once(item).chain(behind).cloned().collect();
                found.push((at.join("::"), all));
            }
            if let Item::Mod(ItemMod { content: Some((_, inner)), .. }) = item {
                find(inner, at, path, found);
            }
            at.pop();
        }
    }
}

fn ends_with(at: &[String], path: &[&str]) -> bool {
    let path: Vec<&str> = path.iter().copied().filter(|part| *part != "crate").collect();
    at.len() >= path.len() && at[at.len() - path.len()..].iter().zip(path).all(|(own, wanted)| own == wanted)
}

fn collect(items: &[Item], names: &mut Vec<String>) {
    for item in items {
        names.extend(name(item));
        if let Item::Mod(ItemMod { content: Some((_, inner)), .. }) = item {
            collect(inner, names);
        }
    }
}

/// What a person calls an item; none for an impl or a block without a name.
fn name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) if item.ident == "_" => return None,
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Mod(item) if item.ident == HIDDEN => return Some("module".to_owned()),
        Item::Mod(item) => &item.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

/// Whether it is a block or an impl that one of our macros wrote. Impls of the person are not: they have no such name in them.
fn is_written_for(item: &Item) -> bool {
    matches!(item, Item::Const(_) | Item::Impl(_) | Item::Static(_)) && mentions(item, OURS)
        || matches!(item, Item::Impl(item) if is_derived(&item.attrs))
        || matches!(item, Item::Const(item) if item.ident == "_")
}

fn mentions(item: &Item, word: &str) -> bool {
    item.to_token_stream().to_string().contains(word)
}

fn is_derived(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("automatically_derived"))
}

/// Takes out what the derives of std, serde and schemars wrote, and what the compiler adds for itself.
struct WithoutNoise;

impl VisitMut for WithoutNoise {
    fn visit_file_mut(&mut self, file: &mut File) {
        file.items.retain(|item| !is_noise(item));
        syn::visit_mut::visit_file_mut(self, file);
    }

    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        if let Some((_, items)) = &mut module.content {
            items.retain(|item| !is_noise(item));
        }
        syn::visit_mut::visit_item_mod_mut(self, module);
    }

    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        attributes.retain(|attribute| {
            let is = |name: &str| attribute.path().is_ident(name);
            // `prelude_import` and the like are the compiler's own.
            !["prelude_import", "macro_use", "coverage", "automatically_derived"].iter().any(|name| is(name))
        });
    }
}

fn is_noise(item: &Item) -> bool {
    match item {
        Item::Impl(block) => is_derived(&block.attrs) && !mentions(item, OURS),
        Item::Const(block) if block.ident == "_" => !mentions(item, OURS),
        Item::ExternCrate(item) => item.ident == "std",
        Item::Use(item) => item.attrs.iter().any(|attribute| attribute.path().is_ident("prelude_import")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPANDED: &str = "
        #![feature(prelude_import)]
        #[prelude_import] use std::prelude::rust_2024::*;
        extern crate std;
        mod greeting {
            pub struct Greet { pub name: String }
            #[automatically_derived] impl ::core::clone::Clone for Greet { fn clone(&self) -> Greet { loop {} } }
            const _: () = { extern crate serde as _serde; impl _serde::Serialize for Greet {} };
            const _: () = { use crate::hidden as __partitura; impl __partitura::Message for Greet {} };
            impl Greet { fn own(&self) {} }
            pub fn greet(_: Greet) {}
            const _: () = { impl crate::__partitura::Handles<Greet> for M {} };
            pub fn other() {}
        }";

    #[track_caller]
    fn shown(item: &str, derives: bool) -> String {
        select(EXPANDED, &Wanted { item: Some(item), derives }).unwrap()
    }

    #[test]
    fn an_item_comes_with_what_was_written_for_it_and_without_noise() {
        let text = shown("Greet", false);
        assert!(text.starts_with("// greeting::Greet\npub struct Greet"), "{text}");
        assert!(text.contains("Message for Greet") && !text.contains("serde") && !text.contains("Clone"), "{text}");
        assert!(!text.contains("fn own") && !text.contains("fn greet"), "{text}");
        let text = shown("greeting::greet", false);
        assert!(text.contains("Handles<Greet>") && !text.contains("fn other"), "{text}");
        assert!(shown("Greet", true).contains("serde"));
    }

    #[test]
    fn the_whole_crate_is_without_noise_too() {
        let text = select(EXPANDED, &Wanted { item: None, derives: false }).unwrap();
        assert!(text.contains("fn own") && !text.contains("prelude") && !text.contains("Clone"), "{text}");
    }

    #[test]
    fn an_unknown_item_names_the_near_one() {
        let told = select(EXPANDED, &Wanted { item: Some("gret"), derives: false }).unwrap_err().to_string();
        assert!(
            told.starts_with("error: there is no item `gret` in this crate; did you mean `Greet`?")
                || told.contains("`greet`"),
            "{told}"
        );
    }
}
