//! What `module!` writes: the hidden module with its marker, and the macro through which `app!` links the module.

use proc_macro2::{Ident, Literal, Punct, Spacing, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{LitStr, Type};

use super::model::Module;
use crate::support::{name, paths, spans};

pub(crate) fn write(module: &Module) -> TokenStream {
    let name = name_of(module);
    let links = links(module, &name);
    let (facts, aliases) = facts(module);
    // Named after the module and re-exported by the hidden one, so that of two `module!` in a crate one thing is told.
    let link = format_ident!("__partitura_link_{}", identifier(&name));
    let hidden = hidden(&name, module, &link, &facts);
    // Exported for other crates; an application has none that could list it, and may stand in a module or in a fn.
    let export = module.application.is_none().then(|| quote!(#[macro_export]));
    // Elsewhere nobody would find it.
    let own = paths::hidden(Span::call_site());
    let at_root = module.application.is_none().then(|| {
        quote! {
            #[doc(hidden)]
            const _: () = #own::rt::stands_at_root(::core::module_path!());
        }
    });
    quote! {
        #[doc(hidden)]
        #export
        #[allow(unused_macros)]
        macro_rules! #link { #links }
        #hidden
        #aliases
        #at_root
    }
}

fn name_of(module: &Module) -> String {
    module.name.as_ref().map_or_else(crate_name, LitStr::value)
}

/// The name with what no identifier can have replaced; a name that is none is told elsewhere.
fn identifier(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// The crate's name, which is the module's when it says none.
pub(crate) fn crate_name() -> String {
    std::env::var("CARGO_CRATE_NAME").unwrap_or_else(|_| "application".to_owned())
}

/// The hidden module: the marker, named as the module is, so that errors speak of it; the table that attributes fill;
/// the way to the runtime; and the facts, which are in it so that a second `module!` adds none of its own to the first.
fn hidden(name: &str, module: &Module, link: &Ident, facts: &TokenStream) -> TokenStream {
    let marker = identifier(name);
    let marker = syn::parse_str::<Ident>(&marker).unwrap_or_else(|_| format_ident!("module_{marker}"));
    let rt = paths::runtime(module.runtime.as_ref());
    let hidden = paths::hidden(Span::call_site());
    let unique = unique_name(name, module);
    let own = own_name(module);
    // In the body of a fn, `super` is not what the module stands in.
    let (link, itself, alias) = match module.application {
        None => (quote!(pub use #link as link;), quote!(pub use super::#hidden as __partitura;), None),
        Some(_) => (
            quote!(pub(crate) use #link as link;),
            quote!(
                pub mod __partitura {
                    pub use super::*;
                }
            ),
            Some(quote! {
                #[doc(hidden)]
                #[allow(unused_imports)]
                pub use #own as #hidden;
            }),
        ),
    };
    let table = |name: String| {
        let (dollar, text) = (Punct::new('$', Spacing::Alone), Literal::string(&name));
        let name = format_ident!("{name}");
        quote!(rt::entries! { #dollar #name #text })
    };
    let (plain, test) = (table(unique.clone()), table(format!("{unique}_TEST")));
    quote! {
        #[doc(hidden)]
        #[allow(missing_docs, non_camel_case_types, non_upper_case_globals, unused_imports, dead_code)]
        pub mod #own {
            pub use #rt as rt;
            #link
            #itself
            pub const NAME: &str = #name;
            pub const HASH: u64 = rt::module_hash(NAME);
            pub mod marker {
                /// The marker of this module.
                #[derive(Debug, Clone, Copy)]
                pub struct #marker;
            }
            pub type Marker = marker::#marker;
            // A test links the library and its own copy of it: two tables of one name would collide.
            #[cfg(not(test))]
            #plain
            #[cfg(test)]
            #test
            #facts
        }
        #alias
    }
}

/// What the hidden module is called where it stands. That of an application is found by a name of its own: what is looked for
/// from where `app!` stands must not be what a `use other_crate::*` brings, too.
fn own_name(module: &Module) -> Ident {
    match module.application {
        None => paths::hidden(Span::call_site()),
        Some(_) => format_ident!("__{}", unique_name(&name_of(module), module).to_lowercase()),
    }
}

/// A name for the table that nothing else has that can be linked into one program: package, version, crate, module,
/// binary, for doctests which of them, and which application if one crate has several that write a module.
fn unique_name(name: &str, module: &Module) -> String {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let crate_name = crate_name();
    let identity = [
        variable("CARGO_PKG_NAME"),
        variable("CARGO_PKG_VERSION"),
        crate_name.clone(),
        name.to_owned(),
        variable("CARGO_BIN_NAME"),
        variable("UNSTABLE_RUSTDOC_TEST_PATH"),
        variable("UNSTABLE_RUSTDOC_TEST_LINE"),
        module.application.clone().unwrap_or_default(),
    ]
    .join("|");
    // A link section whose name is an identifier of C gets symbols for its bounds.
    format!("PARTITURA_{}_{:016X}", identifier(&crate_name).to_uppercase(), name::hash(&identity))
}

/// What the module promises and is promised, as impls on its marker; and the names of the types at the crate's root.
fn facts(module: &Module) -> (TokenStream, TokenStream) {
    let rt = quote!(rt);
    let hidden = paths::hidden(Span::call_site());
    let mut aliases = TokenStream::new();
    let mut body = TokenStream::new();
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    for (index, import) in module.imports.iter().enumerate() {
        let (written, text) = (&import.ty, Literal::string(&spans::text(&import.ty)));
        aliases.extend(alias("Import", index, written));
        let ty = &named("Import", index, written);
        let (slot, node) = (format_ident!("__PARTITURA_SLOT_{index}"), format_ident!("__PARTITURA_NODE_{index}"));
        let this = format_ident!("__PARTITURA_IMPORT_{index}");
        let lifetime = format_ident!("{}", import.lifetime.to_lowercase());
        let optional = import.optional.then(|| quote!(.optional()));
        let (first, last) = spans::ends(written);
        // As `#[injectable]` does: one impl for every way of taking it.
        let (parameters, form) = match (import.optional, import.lifetime) {
            (true, _) => (quote!(), quote!(rt::Optional)),
            (false, "Transient") => (quote_spanned!(first=> <Form>), quote!(Form)),
            (false, _) => (quote_spanned!(first=> <Form: rt::Shared>), quote!(Form)),
        };
        let head = quote_spanned!(first=> impl #parameters rt::Provides<);
        let tail = quote_spanned!(last=> > for Marker);
        let body_of_fact = spans::braces(quote!(const KEY: #rt::Key<#ty> = #this.key(&#slot, &#node);), last);
        body.extend(quote! {
            const #this: #rt::Holder = #rt::Holder::#lifetime(#text, #rt::place!());
            static #slot: #rt::Slot<#ty> = #rt::Slot::new();
            static #node: #rt::Node = #this.import(NAME);
        });
        body.extend(quote!(#head #ty, #form #tail #body_of_fact));
        imports.push(quote!(#rt::Import::new(&#this, &#slot) #optional));
    }
    for (index, written) in module.exports.iter().enumerate() {
        aliases.extend(alias("Export", index, written));
        let text = Literal::string(&spans::text(written));
        let (first, last) = spans::ends(written);
        let key = format_ident!("__PARTITURA_EXPORT_{index}");
        let open = quote_spanned!(first=> <__partitura::);
        let provides = quote_spanned!(last=> Marker as __partitura::rt::Provides<);
        let close = quote_spanned!(last=> >>::KEY);
        // At the root, with the type as the user wrote it: an alias would be told as `(dyn Reader + 'static)`.
        aliases.extend(quote! {
            #[doc(hidden)]
            const #key: #hidden::rt::Key<#written> = {
                use crate::#hidden::__partitura;
                #open #provides #written #close
            };
        });
        exports.push(quote!(#rt::Export { slot: #rt::export_slot(super::#key), name: #text }));
    }
    let mut infos = |types: &[Type], what: &str, lists: bool| -> Vec<TokenStream> {
        let each = types.iter().enumerate().map(|(index, written)| {
            aliases.extend(alias(what, index, written));
            let ty = named(what, index, written);
            let (first, last) = spans::ends(written);
            let info = quote_spanned!(last=> as rt::Contract>::CONTRACT_INFO);
            if lists {
                let open = quote_spanned!(first=> <self::);
                let handles = quote_spanned!(last=> Marker as rt::Handles<);
                let reply = quote_spanned!(last=> >>::HANDLED);
                body.extend(quote! {
                    impl #rt::Lists<#ty> for Marker {}
                    const _: () = #open #handles #ty #reply;
                });
            }
            let open = quote_spanned!(first=> <);
            quote!(#open #ty #info)
        });
        each.collect()
    };
    let handles = infos(&module.handles, "Handles", true);
    let contracts = infos(&module.contracts, "Contract", false);
    let facts = quote! {
        const _: () = {
            #body
            impl #rt::Marker for Marker {
                const MODULE: &'static #rt::Module = &#rt::Module {
                    name: NAME,
                    package: ::core::env!("CARGO_PKG_NAME"),
                    version: ::core::env!("CARGO_PKG_VERSION"),
                    place: #rt::place!(),
                    entries: &ENTRIES,
                    imports: &[#(#imports),*],
                    exports: &[#(#exports),*],
                    handles: &[#(#handles),*],
                    contracts: &[#(#contracts),*],
                };
            }
            // So that `check` can tell a module that is linked and that no application lists.
            #[#rt::linkme::distributed_slice(#rt::LINKED)]
            #[linkme(crate = #rt::linkme)]
            static __PARTITURA_LINKED: &#rt::Module = <Marker as #rt::Marker>::MODULE;
        };
    };
    (facts, aliases)
}

/// The type, as the hidden module says it, at the place where the user wrote it.
fn named(what: &str, index: usize, written: &Type) -> TokenStream {
    let (first, last) = spans::ends(written);
    let alias = format_ident!("__Partitura{what}{index}", span = last);
    let path = quote_spanned!(first=> super::);
    quote!(#path #alias)
}

/// A name at the crate's root for a type that another crate must be able to say.
fn alias(what: &str, index: usize, ty: &Type) -> TokenStream {
    let alias = format_ident!("__Partitura{what}{index}");
    quote! {
        #[doc(hidden)]
        #[allow(dead_code)]
        pub type #alias = #ty;
    }
}

/// What the rules below do, for the module that `app!` writes beside it. That one has no contract with others, and may
/// stand elsewhere than at the crate's root.
pub(crate) fn link_own(module: &Module, app: &Ident, local: &Ident) -> TokenStream {
    let own = own_name(module);
    let unique = format_ident!("module_named_{}", identifier(&name_of(module)));
    quote! {
        use #own::__partitura as #local;
        #[doc(hidden)]
        #[allow(non_upper_case_globals, dead_code)]
        impl #app {
            const #unique: () = ();
        }
        impl #local::rt::Linked<#app> for #local::Marker {
            const MODULE: &'static #local::rt::Module = <#local::Marker as #local::rt::Marker>::MODULE;
            const EXPORTS: &'static [#local::rt::Ref] = &[];
            const LINKS: &'static [#local::rt::Link] = &[];
        }
    }
}

/// The rules of the macro that `app!` calls with the application and with a macro that writes what can be wrong: the
/// compiler shows this one's own tokens, which are another crate's, under the whole of `app!`.
fn links(module: &Module, name: &str) -> TokenStream {
    let dollar = Punct::new('$', Spacing::Alone);
    let root = quote!(#dollar crate);
    let hidden = paths::hidden(Span::call_site());
    let rt = quote!(#root::#hidden::rt);
    let marker = quote!(#root::#hidden::Marker);
    let (app, at) = (quote!(#dollar app), quote!(#dollar at));
    let name_of = |what: &str, index: usize| format_ident!("__Partitura{what}{index}");
    let exports: Vec<Ident> = (0..module.exports.len()).map(|index| name_of("Export", index)).collect();
    let handles: Vec<Ident> = (0..module.handles.len()).map(|index| name_of("Handles", index)).collect();
    let contracts: Vec<Ident> = (0..module.contracts.len()).map(|index| name_of("Contract", index)).collect();
    let imports: Vec<Ident> = module
        .imports
        .iter()
        .enumerate()
        .filter(|(_, import)| !import.optional)
        .map(|(index, _)| name_of("Import", index))
        .collect();
    let unique = format_ident!("module_named_{}", identifier(name));
    quote! {
        (#app:ident #at:ident) => {
            #( #at! { provides #root::#exports, <#marker as #rt::Provides<#root::#exports>>::KEY.node } )*
            #( #at! { handles #root::#handles } )*
            #( #at! { declares #root::#contracts } )*
            #at! { named #unique }
            impl #rt::Linked<#app> for #marker {
                const MODULE: &'static #rt::Module = <#marker as #rt::Marker>::MODULE;
                const EXPORTS: &'static [#rt::Ref] = &[#(<#app as #rt::AppProvides<#root::#exports>>::NODE),*];
                const LINKS: &'static [#rt::Link] = &[#(
                    #rt::Link {
                        from: <#marker as #rt::Provides<#root::#imports>>::KEY.node,
                        to: #at!(imports #root::#imports),
                    }
                ),*];
            }
        };
    }
}
