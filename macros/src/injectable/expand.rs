//! What `#[injectable]`, `#[provider]` and `#[config]` write: a slot, a node, the impl that says "this module provides
//! it", and the entry that builds it.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{LitStr, Member, Path, Type};

use super::model::{Fails, Given, Lifetime, Make, Provider, Value, Wrapped};
use crate::handler::entry;
use crate::support::instances::Instance;
use crate::support::needs::{Needs, check, provider_name};
use crate::support::spans::words;
use crate::support::{paths, spans};

pub(crate) fn wire(provider: &Provider) -> TokenStream {
    let blocks = provider.instances.iter().map(|instance| {
        let body = instance_of(provider, instance);
        paths::block(provider.span(), provider.runtime.as_ref(), body)
    });
    quote!(#(#blocks)*)
}

/// `#[config]`: a singleton that is read from the configuration.
pub(crate) fn wire_config(name: &Ident, runtime: Option<&Path>, section: &TokenStream) -> TokenStream {
    let ty: Type = syn::parse_quote!(#name);
    let cx = spans::cx();
    let parts = Parts {
        ty: &ty,
        by: &name.to_string(),
        lifetime: Lifetime::Singleton,
        named: None,
        many: false,
        place: name.span(),
        section: Some(quote!(__partitura::rt::SectionInfo::of::<#ty>())),
        needs: &Needs::new(&[], &Instance::default(), None),
        build: quote!(__partitura::rt::configured::<#ty>(#cx)),
    };
    let provider = parts.write();
    paths::block(name.span(), runtime, quote!(#section #provider))
}

fn instance_of(provider: &Provider, instance: &Instance) -> TokenStream {
    let provides = instance.apply(&provider.provides);
    let holder = quote!(&__PARTITURA_THIS);
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
        section: None,
        needs: &needs,
        build: build(provider, instance, &provides, &needs),
    };
    let wired = parts.write();
    let no_result = no_result(provider, instance);
    quote!(#wired #no_result)
}

/// What a fn answers with may be a `Result` by any name: only the types know.
fn no_result(provider: &Provider, instance: &Instance) -> Option<TokenStream> {
    let Make::Call { concrete: concrete @ Type::Path(_), wrapped: Wrapped::Plain, .. } = &provider.make else {
        return None;
    };
    let concrete = instance.apply(concrete);
    let check = check(spans::ends(&concrete), quote!(provides_no_result(IS_RESULT)));
    Some(quote! {
        const IS_RESULT: bool = {
            #[allow(unused_imports)]
            use __partitura::rt::NoResult as _;
            __partitura::rt::Whole::<#concrete>::__PARTITURA_RESULT
        };
        #check
    })
}

/// For a provider with a mistake: what those who need it ask for, so that they add no error of their own.
pub(crate) fn stand_in(provider: &Provider) -> TokenStream {
    let is_known = !matches!(provider.provides, Type::ImplTrait(_)) && !provider.is_generic;
    if provider.many || provider.named.is_some() || !is_known {
        return TokenStream::new();
    }
    let (ty, text) = (&provider.provides, Literal::string(&provider.name.to_string()));
    let body = quote! {
        const __PARTITURA_THIS: __partitura::rt::Holder =
            __partitura::rt::Holder::singleton(#text, __partitura::rt::place!());
        static __PARTITURA_SLOT: __partitura::rt::Slot<#ty> = __partitura::rt::Slot::new();
        static __PARTITURA_NODE: __partitura::rt::Node = __PARTITURA_THIS.node(&[]);
        impl<Form> __partitura::rt::Provides<#ty, Form> for __partitura::Marker {
            const KEY: __partitura::rt::Key<#ty> = __PARTITURA_THIS.key(&__PARTITURA_SLOT, &__PARTITURA_NODE);
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
    section: Option<TokenStream>,
    needs: &'p Needs,
    build: TokenStream,
}

impl Parts<'_> {
    fn write(&self) -> TokenStream {
        let Parts { ty, build, .. } = self;
        let Needs { keys, list, nodes, .. } = self.needs;
        let (text, by) = (Literal::string(&spans::text(ty)), Literal::string(self.by));
        let named = self.named.map(|named| Literal::string(&named.value())).map(|named| quote!(.named(#named)));
        let many = self.many.then(|| quote!(.many()));
        let section = self.section.as_ref().map(|section| quote!(.section(#section)));
        let lifetime = match self.lifetime {
            Lifetime::Singleton => quote!(singleton),
            Lifetime::Scoped => quote!(scoped),
            Lifetime::Transient => quote!(transient),
        };
        let facts = self.facts();
        let cx = spans::cx();
        let entry = entry(quote! {
            __partitura::rt::Entry::Provider(
                __partitura::rt::Provider::new(&__PARTITURA_THIS, &__PARTITURA_SLOT, #by, #list, __partitura_build)
                #named #many #section
            )
        });
        let check = (!nodes.is_empty()).then(|| {
            let place = (spans::at(self.place), spans::at(self.place));
            check(place, quote!(check_provider(__partitura::rt::Ref::to(&__PARTITURA_NODE))))
        });
        quote! {
            const __PARTITURA_THIS: __partitura::rt::Holder =
                __partitura::rt::Holder::#lifetime(#text, __partitura::rt::place!());
            static __PARTITURA_SLOT: __partitura::rt::Slot<#ty> = __partitura::rt::Slot::new();
            static __PARTITURA_NODE: __partitura::rt::Node = __PARTITURA_THIS.node(&[#(#nodes),*]);
            #keys
            #facts
            #check
            __partitura::rt::at_start! {
                fn __partitura_build(
                    #cx: &__partitura::rt::Context,
                ) -> __partitura::rt::BoxFuture<'_, __partitura::rt::Result<__partitura::rt::Made>> {
                    let _ = #cx;
                    #build
                }
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
        let key = quote! {
            const KEY: __partitura::rt::Key<#ty> = __PARTITURA_THIS.key(&__PARTITURA_SLOT, &__PARTITURA_NODE);
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
    let (value, concrete, is_async) = value(provider, instance, needs, provides);
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
                None if matches!(provides, Type::TraitObject(_)) => quote!(#rt::Made::shared_as::<#provides>(#arc)),
                None => quote!(#rt::Made::shared::<#provides>(#arc)),
                Some(dispose) => {
                    // Located at the path: a fn of another form is told there.
                    let (first, last) = spans::ends(dispose);
                    let (open, end) = (words!(first => __partitura::rt::Answer::), words!(last => .await));
                    let new = words!(last => new);
                    let given = spans::parenthesized(spans::located(quote!(&*it), last), last);
                    let call = spans::parenthesized(quote!(#dispose #given), last);
                    quote!({
                        let concrete: ::std::sync::Arc<#concrete> = #arc;
                        #rt::Made::disposable::<_, #provides, _>(
                            ::std::sync::Arc::clone(&concrete),
                            concrete,
                            |it| ::std::boxed::Box::pin(async move { #open #new #call #end }),
                        )
                    })
                }
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
fn value(provider: &Provider, instance: &Instance, needs: &Needs, provides: &Type) -> (TokenStream, TokenStream, bool) {
    match &provider.make {
        Make::Struct { ty, fields } => {
            let ty = instance.apply(ty);
            let path = &provider.name;
            // Without some of its fields a tuple has other numbers: it is made as the call that it is.
            let is_call =
                fields.iter().any(|field| matches!(field.member, Member::Unnamed(_)) && !field.cfg.is_empty());
            let fields = fields.iter().map(|Given { member, value, cfg }| {
                let value = match value {
                    Value::Use(index) => needs.values[*index].bare(),
                    Value::Init(value) => instance.apply_to_expression(&ty, value),
                    Value::Phantom => quote!(::core::marker::PhantomData),
                };
                let member = (!is_call).then(|| quote!(#member:));
                quote!(#(#cfg)* #member #value)
            });
            let value = match is_call {
                true => quote!(#path(#(#fields),*)),
                false => quote!(#path { #(#fields),* }),
            };
            (value, quote!(#ty), false)
        }
        Make::Call { is_async, fails, concrete, .. } => {
            let (name, arguments, values) = (&provider.name, instance.arguments(true), &needs.values);
            let concrete = instance.apply(concrete);
            let concrete = match &concrete {
                Type::ImplTrait(_) => quote!(_),
                ty => quote!(#ty),
            };
            let call = quote!(#name #arguments(#(#values),*));
            let call = if *is_async { quote!(#call.await) } else { call };
            match fails {
                Fails::Result => {
                    (quote!(#call.map_err(::core::convert::Into::<__partitura::rt::Error>::into)?), concrete, true)
                }
                // Located at the value: a type that is no `Result` is told there.
                Fails::Alias => {
                    let (first, last) = spans::ends(provides);
                    let (open, given) =
                        (words!(first => __partitura::), spans::parenthesized(spans::located(call, last), last));
                    let name = words!(last => rt::made_or_failed);
                    (quote!(#open #name #given?), concrete, true)
                }
                Fails::Never => (call, concrete, *is_async),
            }
        }
    }
}
