//! `#[behavior]`: code around handlers, as a fn or as a struct with state.

use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{FnArg, GenericParam, Path, ReturnType, Type};

use crate::handler::injected;
use crate::support::function::Function;
use crate::support::instances::Instance;
use crate::support::keys::{CRATE, Form, Key, Keys, key};
use crate::support::needs::{Needs, Use, peel};
use crate::support::sink::Sink;
use crate::support::{paths, spans};

const FN_KEYS: &[Key] = &[CRATE];
const STRUCT_KEYS: &[Key] = &[key("scoped", Form::Flag, "scoped"), CRATE];
const FORM: &str = "`async fn name<M: Message>(message: &M, cx: &Context, next: Next<'_, M>, ..) -> Result<M::Reply>`";

pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    match syn::parse2::<syn::ItemStruct>(item.clone()) {
        Ok(item) => of_struct(args, &item),
        Err(_) => of_fn(args, item),
    }
}

/// A struct is an injectable, and its method `around` is called.
fn of_struct(args: TokenStream, item: &syn::ItemStruct) -> TokenStream {
    let mut sink = Sink::default();
    let keys = Keys::parse("#[behavior]", STRUCT_KEYS, args.clone(), &mut sink);
    if let Some(param) = item.generics.params.first() {
        sink.at(param, "a behavior with state is one type: its method `around<M: Message>` is generic [PT0168]");
    }
    if !sink.is_empty() {
        let errors = sink.into_tokens();
        let stand_in = item.generics.params.is_empty().then(|| stand_in(&item.ident, keys.runtime()));
        return quote!(#item #stand_in #errors);
    }
    let injectable = crate::injectable::expand_struct(args, quote!(#item));
    let ident = &item.ident;
    let name = Literal::string(&ident.to_string());
    let (at, cx, message) = (spans::at(ident.span()), spans::cx(), spans::message());
    // Located at the struct: where there is no such method, or another one, the compiler says so there.
    let around = quote_spanned!(at=> #ident::around);
    let call = quote_spanned!(at=> __partitura::rt::call_around::<#ident, __M, _, _>);
    let answer = quote_spanned!(at=> __partitura::rt::Answer);
    let future = quote_spanned!(at=> impl ::core::future::Future<Output = __partitura::rt::Result<__M::Reply>> + ::core::marker::Send + 'a);
    let body = quote! {
        const __PARTITURA_0: __partitura::rt::Key<#ident> = <__partitura::Marker as __partitura::rt::Provides<#ident>>::KEY;
        impl __partitura::rt::Behavior for #ident {
            const NAME: &'static str = #name;
            const NEEDS: &'static [__partitura::rt::Need] = &[__partitura::rt::Need::one(__PARTITURA_0, #name)];
        }
        impl<__M: __partitura::rt::Message> __partitura::rt::Around<__M> for #ident {
            fn surround<'a>(
                #message: ::core::option::Option<&'a __M>,
                #cx: &'a __partitura::rt::Context,
                next: __partitura::rt::Next<'a, __M>,
            ) -> #future {
                async move {
                    let this = __partitura::rt::provided(#cx, __PARTITURA_0);
                    let #message = __partitura::rt::seen(#message)?;
                    #answer::<_, __M::Reply>::new(#call(#around, this, #message, #cx, next)).await
                }
            }
        }
    };
    let block = paths::block(ident.span(), keys.runtime(), body);
    let errors = sink.into_tokens();
    quote!(#injectable #block #errors)
}

/// A fn becomes a type of its name, beside it: types and values have names of their own.
fn of_fn(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let keys = Keys::parse("#[behavior]", FN_KEYS, args, &mut sink);
    let what = "an `async fn`, or on a struct with a method `around`";
    let Some(function) = Function::read(&item, "#[behavior]", what, &mut sink) else {
        let errors = sink.into_tokens();
        return quote!(#item #errors);
    };
    let behavior = Behavior::read(&function, &mut sink);
    let unbound = behavior.as_ref().and_then(|behavior| unbound(&function, &behavior.message, &mut sink));
    let wiring = match sink.is_empty() {
        true => behavior.map(|behavior| behavior.wire(&function, keys.runtime())),
        false => None,
    };
    let mut function = function;
    if unbound.is_some() {
        bind(&mut function, keys.runtime());
    }
    let item = function.reemit();
    let is_method = function.has_receiver();
    // The type goes around any message in any case: who lists it has made no mistake. In an impl there can be none.
    let stands = !sink.is_empty() && !is_method;
    let stand_in = stands.then(|| stand_in(&function.signature.ident, keys.runtime()));
    let errors = sink.into_tokens();
    let ty = (!is_method).then(|| ty(&function));
    quote!(#[allow(clippy::unused_async)] #item #ty #wiring #stand_in #errors)
}

/// `audit<M>`: a type of which nothing says that it is a message.
fn unbound(function: &Function, message: &Type, sink: &mut Sink) -> Option<()> {
    let generics = &function.signature.generics;
    let param = generics.type_params().find(|param| spans::text(&param.ident) == spans::text(message))?;
    let is_bound = generics.where_clause.is_some() || !param.bounds.is_empty();
    (!is_bound).then(|| {
        let name = &param.ident;
        sink.at(param, format!("a behavior is generic over a message: `{name}: Message` [PT0168]"));
    })
}

/// With the bound that is missing, so that the compiler has nothing to add.
fn bind(function: &mut Function, runtime: Option<&Path>) {
    let rt = match runtime {
        Some(_) => paths::runtime(runtime),
        None => {
            let advice = paths::hidden(function.signature.ident.span());
            quote!(crate::#advice::__partitura::rt)
        }
    };
    for param in function.signature.generics.type_params_mut() {
        param.bounds.push(syn::parse_quote!(#rt::Message));
    }
}

/// For a behavior with a mistake: it goes around every message, so that whoever lists it adds no error.
fn stand_in(name: &syn::Ident, runtime: Option<&Path>) -> TokenStream {
    let text = Literal::string(&name.to_string());
    let body = quote! {
        impl __partitura::rt::Behavior for #name {
            const NAME: &'static str = #text;
            const READS: bool = false;
        }
        impl<__M: __partitura::rt::Message> __partitura::rt::Around<__M> for #name {
            fn surround<'a>(
                _: ::core::option::Option<&'a __M>,
                _: &'a __partitura::rt::Context,
                _: __partitura::rt::Next<'a, __M>,
            ) -> impl ::core::future::Future<Output = __partitura::rt::Result<__M::Reply>> + ::core::marker::Send + 'a {
                ::core::future::pending()
            }
        }
    };
    paths::block(name.span(), runtime, body)
}

/// Always `pub`: a handler names it in an impl of a public trait, and where it is reachable its module says.
fn ty(function: &Function) -> TokenStream {
    let name = &function.signature.ident;
    quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types, unreachable_pub, clippy::empty_enums, clippy::empty_enum)]
        pub enum #name {}
    }
}

/// A fn that is understood.
struct Behavior {
    message: Type,
    parameters: Vec<Parameter>,
}

/// What stands behind the message.
enum Parameter {
    Next,
    Injected(Box<Use>),
}

impl Behavior {
    fn read(function: &Function, sink: &mut Sink) -> Option<Behavior> {
        let signature = &function.signature;
        if signature.asyncness.is_none() {
            sink.at(signature.fn_token, format!("a behavior is an `async fn`: {FORM} [PT0168]"));
        }
        let types = signature.generics.params.iter().filter(|param| !matches!(param, GenericParam::Lifetime(_)));
        if let Some(second) = types.into_iter().nth(1) {
            sink.at(second, format!("a behavior is generic over the message only: {FORM} [PT0168]"));
        }
        if let Some(lifetime) = signature.generics.lifetimes().next() {
            sink.at(lifetime, "references in a behavior need no lifetimes of their own: leave them out [PT0168]");
        }
        if let ReturnType::Default = signature.output {
            sink.at(&signature.ident, format!("a behavior answers with the message's reply: {FORM} [PT0168]"));
        }
        let mut inputs = signature.inputs.iter();
        let message = match inputs.next() {
            Some(FnArg::Typed(first)) => match peel(&first.ty) {
                Type::Reference(reference) if reference.mutability.is_none() => match peel(&reference.elem) {
                    Type::ImplTrait(opaque) => {
                        sink.at(
                            opaque,
                            format!("the message's type has a name, which `Next` and the reply use: {FORM} [PT0168]"),
                        );
                        None
                    }
                    message => Some(message.clone()),
                },
                ty => {
                    sink.at(
                        ty,
                        format!("a behavior sees the message by reference, since its handler owns it: {FORM} [PT0168]"),
                    );
                    None
                }
            },
            Some(FnArg::Receiver(receiver)) => {
                sink.at(receiver, "a behavior with state is a struct: put `#[behavior]` on the struct, and leave the method plain [PT0168]");
                return None;
            }
            None => {
                sink.at(&signature.ident, format!("a behavior takes the message and what is inside: {FORM} [PT0168]"));
                return None;
            }
        };
        let mut parameters = Vec::new();
        for input in inputs {
            match input {
                FnArg::Typed(parameter) if is_next(&parameter.ty) => parameters.push(Parameter::Next),
                FnArg::Typed(parameter) if is_next_by_reference(&parameter.ty) => {
                    sink.at(&parameter.ty, "what is inside runs once: take it by value, `next: Next<'_, M>` [PT0168]");
                    parameters.push(Parameter::Next);
                }
                _ => parameters.extend(injected(input, sink).map(Box::new).map(Parameter::Injected)),
            }
        }
        if let ReturnType::Type(_, output) = &signature.output
            && is_plain(output)
        {
            sink.at(output, format!("a behavior answers with a `Result`: {FORM} [PT0168]"));
        } else if let (Some(param), ReturnType::Type(_, output)) =
            (signature.generics.type_params().next(), &signature.output)
            && message.as_ref().is_some_and(|message| spans::text(message) == spans::text(&param.ident))
            && !mentions(output.to_token_stream(), &param.ident)
        {
            let name = &param.ident;
            sink.at(
                output,
                format!(
                    "a behavior answers with the message's reply, whichever it is: `Result<{name}::Reply>` [PT0168]"
                ),
            );
        }
        let nexts = parameters.iter().filter(|parameter| matches!(parameter, Parameter::Next)).count();
        if nexts != 1 && message.is_some() {
            sink.at(
                &signature.ident,
                format!("a behavior takes what is inside of it once, as `next: Next<'_, M>`: {FORM} [PT0168]"),
            );
        }
        Some(Behavior { message: message?, parameters })
    }

    fn wire(&self, function: &Function, runtime: Option<&Path>) -> TokenStream {
        let name = &function.signature.ident;
        let text = Literal::string(&name.to_string());
        let uses: Vec<Use> = self
            .parameters
            .iter()
            .filter_map(|parameter| match parameter {
                Parameter::Injected(injected) => Some((**injected).clone()),
                Parameter::Next => None,
            })
            .collect();
        let needs = Needs::new(&uses, &Instance::default(), None);
        let (keys, list, before) = (&needs.keys, &needs.list, &needs.before);
        let mut injected = needs.values.iter();
        let values: Vec<TokenStream> = self
            .parameters
            .iter()
            .filter_map(|parameter| match parameter {
                Parameter::Next => Some(quote!(next)),
                Parameter::Injected(_) => injected.next().map(ToTokens::to_token_stream),
            })
            .collect();
        let (cx, taken, message) = (spans::cx(), spans::message(), &self.message);
        let (generics, _, bounds) = function.signature.generics.split_for_impl();
        let reply = quote!(<#message as __partitura::rt::Answered>::Reply);
        // Located at the return type: what is no such reply is told there.
        let (first, last) = match &function.signature.output {
            ReturnType::Type(_, output) => spans::ends(output),
            ReturnType::Default => spans::ends(name),
        };
        let open = quote_spanned!(first=> __partitura::rt::Answer);
        let close = quote_spanned!(last=> >::new);
        // Located at the fn's name: a future that is not `Send` is told there.
        let at = spans::at(name.span());
        let future = quote_spanned!(at=> impl ::core::future::Future<Output = __partitura::rt::Result<#reply>> + ::core::marker::Send + 'a);
        let body = quote! {
            #keys
            impl __partitura::rt::Behavior for #name {
                const NAME: &'static str = #text;
                const NEEDS: &'static [__partitura::rt::Need] = #list;
            }
            impl #generics __partitura::rt::Around<#message> for #name #bounds {
                fn surround<'a>(
                    #taken: ::core::option::Option<&'a #message>,
                    #cx: &'a __partitura::rt::Context,
                    next: __partitura::rt::Next<'a, #message>,
                ) -> #future {
                    async move {
                        let #taken = __partitura::rt::seen(#taken)?;
                        #before
                        #open::<_, #reply #close(#name(#taken, #(#values),*)).await
                    }
                }
            }
        };
        paths::block(name.span(), runtime, body)
    }
}

fn mentions(tokens: TokenStream, name: &syn::Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        _ => false,
    })
}

fn is_next_by_reference(ty: &Type) -> bool {
    matches!(peel(ty), Type::Reference(reference) if is_next(&reference.elem))
}

/// `M::Reply`: no `Result`, nor an alias of one, which is called so.
fn is_plain(ty: &Type) -> bool {
    let Type::Path(path) = peel(ty) else { return false };
    let last = path.path.segments.last();
    last.is_some_and(|last| last.arguments.is_empty() && !last.ident.to_string().ends_with("Result"))
}

fn is_next(ty: &Type) -> bool {
    matches!(peel(ty), Type::Path(path) if path.path.segments.last().is_some_and(|segment| segment.ident == "Next"))
}
