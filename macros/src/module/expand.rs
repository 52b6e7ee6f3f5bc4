//! What `module!` writes: the hidden module with its marker, and the macro through which `app!` links the module.

use proc_macro2::{Ident, Literal, Punct, Spacing, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{LitStr, Type};

use super::model::Module;
use crate::support::{name, paths, spans};

pub(crate) fn write(module: &Module) -> TokenStream {
    let name = name_of(module);
    let hidden = hidden(&name, module);
    let facts = facts(module, &name);
    let links = links(module, &name);
    // For other crates; an application has none that could list it, and may stand in a module or in a fn.
    let exported = module.application.is_none().then(|| {
        quote! {
            #[doc(hidden)]
            #[macro_export]
            macro_rules! __partitura_module { #links }
        }
    });
    quote! {
        #hidden
        #facts
        #exported
        // A crate may not call its own exported macro by path.
        #[doc(hidden)]
        #[allow(unused_macros)]
        macro_rules! __partitura_own_module { #links }
        #[doc(hidden)]
        #[allow(unused_imports)]
        pub(crate) use __partitura_own_module;
    }
}

fn name_of(module: &Module) -> String {
    module.name.as_ref().map_or_else(crate_name, LitStr::value)
}

/// The crate's name, which is the module's when it says none.
pub(crate) fn crate_name() -> String {
    std::env::var("CARGO_CRATE_NAME").unwrap_or_else(|_| "application".to_owned())
}

/// The hidden module: the marker, named as the module is, so that errors speak of it; the table that attributes fill;
/// the way to the runtime.
fn hidden(name: &str, module: &Module) -> TokenStream {
    let marker = Ident::new_raw(name, Span::call_site());
    let marker = syn::parse_str::<Ident>(name).unwrap_or(marker);
    let rt = paths::runtime(module.runtime.as_ref());
    let unique = unique_name(module);
    let (plain, test) = (format_ident!("{unique}"), format_ident!("{unique}_TEST"));
    quote! {
        #[doc(hidden)]
        #[allow(missing_docs, non_camel_case_types, non_upper_case_globals, unused_imports, dead_code)]
        pub mod __partitura {
            pub use #rt as rt;
            pub const NAME: &str = #name;
            /// The marker of this module.
            #[derive(Debug, Clone, Copy)]
            pub struct #marker;
            pub type Marker = #marker;
            // A test links the library and its own copy of it: two tables of one name would collide.
            #[cfg(not(test))]
            rt::entries!(#plain);
            #[cfg(not(test))]
            pub use #plain as ENTRIES;
            #[cfg(test)]
            rt::entries!(#test);
            #[cfg(test)]
            pub use #test as ENTRIES;
        }
        #[doc(hidden)]
        #[allow(unused_imports)]
        pub(crate) use __partitura as this_crate_needs_partitura_module_or_app;
    }
}

/// A name for the table that nothing else has that can be linked into one program: package, version, crate, binary,
/// for doctests which of them, and which application if one crate has several that write a module.
fn unique_name(module: &Module) -> String {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let crate_name = crate_name();
    let identity = [
        variable("CARGO_PKG_NAME"),
        variable("CARGO_PKG_VERSION"),
        crate_name.clone(),
        variable("CARGO_BIN_NAME"),
        variable("UNSTABLE_RUSTDOC_TEST_PATH"),
        variable("UNSTABLE_RUSTDOC_TEST_LINE"),
        module.application.clone().unwrap_or_default(),
    ]
    .join("|");
    format!("PARTITURA_{}_{:016X}", crate_name.to_uppercase(), name::hash(&identity))
}

/// What the module promises and is promised, as impls on its marker.
fn facts(module: &Module, name: &str) -> TokenStream {
    let rt = quote!(__partitura::rt);
    let mut aliases = TokenStream::new();
    let mut body = TokenStream::new();
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    for (index, import) in module.imports.iter().enumerate() {
        let (ty, text) = (&import.ty, Literal::string(&spans::text(&import.ty)));
        aliases.extend(alias("Import", index, ty));
        let (slot, node) = (format_ident!("__PARTITURA_SLOT_{index}"), format_ident!("__PARTITURA_NODE_{index}"));
        let lifetime = format_ident!("{}", import.lifetime);
        let optional = import.optional;
        let key = quote!(#rt::Key { slot: &#slot, lifetime: #rt::Lifetime::#lifetime, node: #rt::Ref::to(&#node) });
        let (first, last) = spans::ends(ty);
        let fact = |name: Ident| {
            let head = quote_spanned!(first=> impl __partitura::rt::#name<);
            let tail = quote_spanned!(last=> > for __partitura::Marker);
            quote!(#head #ty #tail { const KEY: #rt::Key<#ty> = #key; })
        };
        body.extend(quote! {
            static #slot: #rt::Slot<#ty> = #rt::Slot::new();
            static #node: #rt::Node = #rt::Node {
                name: #text,
                place: #rt::place!(),
                lifetime: #rt::Lifetime::#lifetime,
                import: ::core::option::Option::Some(#name),
                needs: &[],
            };
        });
        if !import.optional {
            body.extend(fact(format_ident!("Provides")));
        }
        body.extend(match import.lifetime {
            "Transient" => fact(format_ident!("Makes")),
            _ => fact(format_ident!("MayProvide")),
        });
        let slot = if import.lifetime == "Transient" { quote!(&#rt::Unshared(&#slot)) } else { quote!(&#slot) };
        imports.push(quote! {
            #rt::Import { slot: #slot, name: #text, lifetime: #rt::Lifetime::#lifetime, optional: #optional }
        });
    }
    for (index, ty) in module.exports.iter().enumerate() {
        aliases.extend(alias("Export", index, ty));
        let text = Literal::string(&spans::text(ty));
        let (first, last) = spans::ends(ty);
        let key = format_ident!("__PARTITURA_EXPORT_{index}");
        let (open, close) = (quote_spanned!(first=> <__partitura::Marker), quote_spanned!(last=> >>::KEY));
        let provides = quote_spanned!(last=> as __partitura::rt::Provides<);
        body.extend(quote!(const #key: #rt::Key<#ty> = #open #provides #ty #close;));
        exports.push(quote!(#rt::Export { slot: #rt::export_slot(#key), name: #text }));
    }
    let mut infos = |types: &[Type], what: &str, lists: bool| -> Vec<TokenStream> {
        let each = types.iter().enumerate().map(|(index, ty)| {
            aliases.extend(alias(what, index, ty));
            let (first, last) = spans::ends(ty);
            let open = quote_spanned!(first=> <);
            let info = quote_spanned!(last=> as __partitura::rt::Contract>::CONTRACT_INFO);
            if lists {
                let handles = quote_spanned!(last=> __partitura::Marker as __partitura::rt::Handles<);
                let reply = quote_spanned!(last=> >>::HANDLED);
                body.extend(quote! {
                    impl #rt::Lists<#ty> for __partitura::Marker {}
                    const _: () = #open #handles #ty #reply;
                });
            }
            quote!(#open #ty #info)
        });
        each.collect()
    };
    let handles = infos(&module.handles, "Handles", true);
    let contracts = infos(&module.contracts, "Contract", false);
    quote! {
        #aliases
        #[doc(hidden)]
        const _: () = {
            #body
            impl #rt::Marker for __partitura::Marker {
                const MODULE: &'static #rt::Module = &#rt::Module {
                    name: __partitura::NAME,
                    package: ::core::env!("CARGO_PKG_NAME"),
                    version: ::core::env!("CARGO_PKG_VERSION"),
                    place: #rt::place!(),
                    entries: || &__partitura::ENTRIES,
                    imports: &[#(#imports),*],
                    exports: &[#(#exports),*],
                    handles: &[#(#handles),*],
                    contracts: &[#(#contracts),*],
                };
            }
            impl<M: #rt::Request> #rt::Accepts<M, __partitura::Marker> for __partitura::Marker {
                const LINK: ::core::option::Option<fn() -> #rt::ContractLink> = ::core::option::Option::None;
            }
        };
    }
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
pub(crate) fn link_own(module: &Module, app: &Ident, index: &Literal) -> TokenStream {
    let hash = Literal::u64_unsuffixed(name::hash(&name_of(module)));
    quote! {
        impl __partitura::rt::ModuleNamed<#hash> for #app {}
        impl __partitura::rt::ModuleAt<#index> for #app {
            const MODULE: &'static __partitura::rt::Module = <__partitura::Marker as __partitura::rt::Marker>::MODULE;
            const EXPORTS: &'static [__partitura::rt::Ref] = &[];
            const LINKS: &'static [__partitura::rt::Link] = &[];
        }
    }
}

/// The rules of the macro that `app!` calls with the application and the module's place in its list. Its errors are
/// shown at that entry.
fn links(module: &Module, name: &str) -> TokenStream {
    let dollar = Punct::new('$', Spacing::Alone);
    let root = quote!(#dollar crate);
    let rt = quote!(#root::__partitura::rt);
    let marker = quote!(#root::__partitura::Marker);
    let app = quote!(#dollar app);
    let named = |what: &str, index: usize| format_ident!("__Partitura{what}{index}");
    let exports: Vec<Ident> = (0..module.exports.len()).map(|index| named("Export", index)).collect();
    let handles: Vec<Ident> = (0..module.handles.len()).map(|index| named("Handles", index)).collect();
    let contracts: Vec<Ident> = (0..module.contracts.len()).map(|index| named("Contract", index)).collect();
    let imports: Vec<Ident> = module
        .imports
        .iter()
        .enumerate()
        .filter(|(_, import)| !import.optional)
        .map(|(index, _)| named("Import", index))
        .collect();
    let hash = Literal::u64_unsuffixed(name::hash(name));
    quote! {
        (#app:ident #dollar index:literal) => {
            #(
                impl #rt::AppProvides<#root::#exports> for #app {
                    const NODE: #rt::Ref = <#marker as #rt::Provides<#root::#exports>>::KEY.node;
                }
            )*
            #(
                impl #rt::AppHandles<#root::#handles> for #app {}
            )*
            impl #rt::ModuleNamed<#hash> for #app {}
            impl #rt::ModuleAt<#dollar index> for #app {
                const MODULE: &'static #rt::Module = <#marker as #rt::Marker>::MODULE;
                const EXPORTS: &'static [#rt::Ref] = &[#(<#app as #rt::AppProvides<#root::#exports>>::NODE),*];
                const LINKS: &'static [#rt::Link] = &[#(
                    #rt::Link {
                        from: <#marker as #rt::Provides<#root::#imports>>::KEY.node,
                        to: <#app as #rt::AppProvides<#root::#imports>>::NODE,
                    }
                ),*];
            }
            #(
                const _: () = <#app as #rt::AppHandles<#root::#contracts>>::HANDLED;
            )*
        };
    }
}
