//! What `#[injectable]`, `#[provider]` and `#[config]` write: a slot, a node, the impl that says "this module provides
//! it", and the entry that builds it.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{LitStr, Path, Type};

use super::model::{Lifetime, Make, Provider, Value, Wrapped};
use crate::handler::{entry, option};
use crate::support::instances::Instance;
use crate::support::needs::{Needs, check, provider_name};
use crate::support::{paths, spans};

pub(crate) fn wire(provider: &Provider) -> TokenStream {
    let blocks = provider.instances.iter().map(|instance| {
        let body = instance_of(provider, instance);
        paths::block(provider.span(), provider.runtime.as_ref(), body)
    });
    quote!(#(#blocks)*)
}

/// `#[config]`: a singleton that is read from the configuration.
pub(crate) fn wire_config(name: &Ident, runtime: Option<&Path>) -> TokenStream {
    let ty: Type = syn::parse_quote!(#name);
    let cx = spans::cx();
    let parts = Parts {
        ty: &ty,
        by: &name.to_string(),
        lifetime: Lifetime::Singleton,
        named: None,
        many: false,
        place: name.span(),
        section: quote!(::core::option::Option::Some(__partitura::rt::SectionInfo::of::<#ty>())),
        needs: &Needs::new(&[], &Instance::default(), None),
        build: quote!(__partitura::rt::configured::<#ty>(#cx)),
    };
    paths::block(name.span(), runtime, parts.write())
}

fn instance_of(provider: &Provider, instance: &Instance) -> TokenStream {
    let provides = instance.apply(&provider.provides);
    let holder = quote!(&__PARTITURA_HOLDER);
    let needs = Needs::new(&provider.uses, instance, Some(&holder));
    let by = match instance.label() {
        Some(label) => format!("{}<{label}>", provider.name),
        None => provider.name.to_string(),
    };
    let parts = Parts {
        ty: &provides,
        by: &by,
        lifetime: provider.lifetime,
        named: provider.named.as_ref(),
        many: provider.many,
        place: provider.span(),
        section: quote!(::core::option::Option::None),
        needs: &needs,
        build: build(provider, instance, &provides, &needs),
    };
    parts.write()
}

/// For a provider with a mistake: what those who need it ask for, so that they add no error of their own.
pub(crate) fn stand_in(provider: &Provider) -> TokenStream {
    let is_known = !matches!(provider.provides, Type::ImplTrait(_)) && !provider.is_generic;
    if provider.many || provider.named.is_some() || !is_known {
        return TokenStream::new();
    }
    let (ty, text) = (&provider.provides, Literal::string(&provider.name.to_string()));
    let body = quote! {
        static __PARTITURA_SLOT: __partitura::rt::Slot<#ty> = __partitura::rt::Slot::new();
        static __PARTITURA_NODE: __partitura::rt::Node = __partitura::rt::Node {
            name: #text,
            place: __partitura::rt::place!(),
            lifetime: __partitura::rt::Lifetime::Singleton,
            import: ::core::option::Option::None,
            needs: &[],
        };
        impl<Form> __partitura::rt::Provides<#ty, Form> for __partitura::Marker {
            const KEY: __partitura::rt::Key<#ty> = __partitura::rt::Key {
                slot: &__PARTITURA_SLOT,
                lifetime: __partitura::rt::Lifetime::Singleton,
                node: __partitura::rt::Ref::to(&__PARTITURA_NODE),
            };
        }
    };
    paths::block(provider.span(), provider.runtime.as_ref(), body)
}

struct Parts<'p> {
    ty: &'p Type,
    by: &'p str,
    lifetime: Lifetime,
    named: Option<&'p LitStr>,
    many: bool,
    /// Where errors about the provider as a whole are shown.
    place: Span,
    section: TokenStream,
    needs: &'p Needs,
    build: TokenStream,
}

impl Parts<'_> {
    fn write(&self) -> TokenStream {
        let Parts { ty, many, section, build, .. } = self;
        let Needs { keys, list, nodes, .. } = self.needs;
        let (text, by) = (Literal::string(&spans::text(ty)), Literal::string(self.by));
        let named = option(self.named.map(LitStr::value));
        let lifetime = match self.lifetime {
            Lifetime::Singleton => quote!(Singleton),
            Lifetime::Scoped => quote!(Scoped),
            Lifetime::Transient => quote!(Transient),
        };
        let slot = match self.lifetime {
            Lifetime::Transient => quote!(&__partitura::rt::Unshared(&__PARTITURA_SLOT)),
            _ => quote!(&__PARTITURA_SLOT),
        };
        let facts = self.facts();
        let cx = spans::cx();
        let entry = entry(quote! {
            __partitura::rt::Entry::Provider(__partitura::rt::Provider {
                slot: #slot,
                name: #text,
                by: #by,
                named: #named,
                many: #many,
                lifetime: __partitura::rt::Lifetime::#lifetime,
                needs: #list,
                build: __partitura_build,
                section: #section,
                place: __partitura::rt::place!(),
            })
        });
        let check = (!nodes.is_empty()).then(|| {
            let place = (spans::at(self.place), spans::at(self.place));
            check(place, quote!(check_provider(__partitura::rt::Ref::to(&__PARTITURA_NODE))))
        });
        let holder = (!keys.is_empty()).then(|| {
            quote! {
                const __PARTITURA_HOLDER: __partitura::rt::Holder = __partitura::rt::Holder {
                    name: #text,
                    place: __partitura::rt::place!(),
                    lifetime: __partitura::rt::Lifetime::#lifetime,
                };
            }
        });
        quote! {
            #holder
            static __PARTITURA_SLOT: __partitura::rt::Slot<#ty> = __partitura::rt::Slot::new();
            static __PARTITURA_NODE: __partitura::rt::Node = __partitura::rt::Node {
                name: #text,
                place: __partitura::rt::place!(),
                lifetime: __partitura::rt::Lifetime::#lifetime,
                import: ::core::option::Option::None,
                needs: &[#(#nodes),*],
            };
            #keys
            #facts
            #check
            fn __partitura_build<'c>(
                #cx: &'c __partitura::rt::Context,
            ) -> __partitura::rt::BoxFuture<'c, __partitura::rt::Result<__partitura::rt::Made>> {
                let _ = #cx;
                #build
            }
            #entry
        }
    }

    /// The impls that say what the module provides; none for `many`, which only `All` finds.
    fn facts(&self) -> TokenStream {
        if self.many {
            return TokenStream::new();
        }
        let ty = self.ty;
        let (first, last) = spans::ends(ty);
        let lifetime = match self.lifetime {
            Lifetime::Singleton => quote!(Singleton),
            Lifetime::Scoped => quote!(Scoped),
            Lifetime::Transient => quote!(Transient),
        };
        let key = quote! {
            const KEY: __partitura::rt::Key<#ty> = __partitura::rt::Key {
                slot: &__PARTITURA_SLOT,
                lifetime: __partitura::rt::Lifetime::#lifetime,
                node: __partitura::rt::Ref::to(&__PARTITURA_NODE),
            };
        };
        let key = spans::braces(key, last);
        // Located at the provided type: of two providers, both are shown there.
        let marker = quote_spanned!(last=> > for __partitura::Marker);
        if let Some(named) = self.named {
            let name = provider_name(named);
            let head = quote_spanned!(first=> impl __partitura::rt::ProvidesNamed<);
            return quote!(#head #ty, __partitura::rt::Name<#name> #marker #key);
        }
        // One impl for every way of taking it, so that two providers are told once.
        let forms = match self.lifetime {
            Lifetime::Transient => quote_spanned!(first=> <Form>),
            _ => quote_spanned!(first=> <Form: __partitura::rt::Shared>),
        };
        let head = quote_spanned!(first=> impl #forms __partitura::rt::Provides<);
        quote!(#head #ty, Form #marker #key)
    }
}

fn build(provider: &Provider, instance: &Instance, provides: &Type, needs: &Needs) -> TokenStream {
    let rt = quote!(__partitura::rt);
    let (value, concrete, is_async) = value(provider, instance, needs);
    let before = &needs.before;
    let made = match (&provider.make, provider.lifetime, &provider.dispose) {
        (Make::Call { wrapped: Wrapped::Box, .. }, Lifetime::Transient, _) => {
            quote!(#rt::Made::owned::<#provides>(#value))
        }
        (_, Lifetime::Transient, _) => {
            quote!(#rt::Made::owned::<#provides>(::std::boxed::Box::new(#value)))
        }
        (make, _, dispose) => {
            let arc = match make {
                Make::Call { wrapped: Wrapped::Arc, .. } => value,
                Make::Call { wrapped: Wrapped::Box, .. } => quote!(::std::sync::Arc::from(#value)),
                // Located at what is provided: a struct without the trait is told there.
                _ => {
                    let (first, last) = spans::ends(provides);
                    let (open, close) = (quote_spanned!(first=> ::std), quote_spanned!(last=> ::sync::Arc::new));
                    let mut value = proc_macro2::Group::new(proc_macro2::Delimiter::Parenthesis, value);
                    value.set_span(last);
                    quote!(#open #close #value)
                }
            };
            match dispose {
                None => quote!(#rt::Made::shared::<#provides>(#arc)),
                Some(dispose) => quote!({
                    let concrete: ::std::sync::Arc<#concrete> = #arc;
                    #rt::Made::disposable::<_, #provides, _>(
                        ::std::sync::Arc::clone(&concrete),
                        concrete,
                        |it| ::std::boxed::Box::pin(async move { #rt::Answer::new(#dispose(&*it)).await }),
                    )
                }),
            }
        }
    };
    if before.is_empty() && !is_async {
        quote!(#rt::ready(#made))
    } else {
        quote!(::std::boxed::Box::pin(async move { #before #made }))
    }
}

/// The expression of a new object, its type, and whether it needs an async block.
fn value(provider: &Provider, instance: &Instance, needs: &Needs) -> (TokenStream, TokenStream, bool) {
    match &provider.make {
        Make::Struct { ty, fields } => {
            let ty = instance.apply(ty);
            let path = &provider.name;
            let fields = fields.iter().map(|(member, value)| {
                let value = match value {
                    Value::Use(index) => needs.values[*index].clone(),
                    Value::Init(value) => value.clone(),
                    Value::Phantom => quote!(::core::marker::PhantomData),
                };
                quote!(#member: #value)
            });
            (quote!(#path { #(#fields),* }), quote!(#ty), false)
        }
        Make::Call { is_async, fallible, concrete, .. } => {
            let (name, arguments, values) = (&provider.name, instance.arguments(true), &needs.values);
            let concrete = instance.apply(concrete);
            let concrete = match &concrete {
                Type::ImplTrait(_) => quote!(_),
                ty => quote!(#ty),
            };
            let call = quote!(#name #arguments(#(#values),*));
            let call = if *is_async { quote!(#call.await) } else { call };
            match fallible {
                true => (quote!(#call.map_err(::core::convert::Into::<__partitura::rt::Error>::into)?), concrete, true),
                false => (call, concrete, *is_async),
            }
        }
    }
}
