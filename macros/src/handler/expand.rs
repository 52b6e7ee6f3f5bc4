//! What `#[handler]` writes beside the fn.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::model::{Handler, Taken};
use crate::support::instances::Instance;
use crate::support::needs::Needs;
use crate::support::{paths, spans};

pub(crate) fn wire(handler: &Handler) -> TokenStream {
    let blocks = handler.instances.iter().map(|instance| {
        let body = match &handler.message {
            Taken::Value(message) => request(handler, instance, &instance.apply(message)),
            Taken::Reference(event) => subscriber(handler, instance, &instance.apply(event)),
        };
        paths::block(handler.span(), handler.runtime.as_ref(), body)
    });
    quote!(#(#blocks)*)
}

/// A command or a query: `impl Handles<OpenAccount> for Marker`.
fn request(handler: &Handler, instance: &Instance, message: &Type) -> TokenStream {
    let needs = Needs::new(&handler.uses, instance, None);
    let (keys, list) = (&needs.keys, &needs.list);
    let output = instance.apply(&handler.output);
    let text = Literal::string(&handler.name.to_string());
    let reply = reply(&output);
    let reply_text = Literal::string(&spans::text(&inner(&output)));
    let label = instance.label().map(|label| quote!(.instance(#label)));
    let (at_message, at_name) = (spans::at(message.span()), spans::at(handler.span()));
    let timeout = timeout(handler);
    let call = call(handler, instance, &needs);
    let future = quote_spanned!(at_name=> impl ::core::future::Future<Output = __partitura::rt::Result<Self::Reply>> + ::core::marker::Send);
    let enter = needs.context.then(|| {
        quote! {
            #[inline]
            fn enter(message: #message, cx: &__partitura::rt::Context) -> #future {
                __partitura::rt::nested::<Self, #message>(message, cx)
            }
        }
    });
    let head = quote_spanned!(at_message=> impl __partitura::rt::Handles<#message> for __partitura::Marker);
    let home = quote_spanned!(at_message=> <<#message as __partitura::rt::Request>::Home as __partitura::rt::Accepts<#message, __partitura::Marker>>::LINK);
    let entry = entry(quote! {
        __partitura::rt::Entry::Handler(__partitura::rt::handler::<__partitura::Marker, #message>(
            #text,
            (#reply_text, __partitura::rt::schema_of!(#reply)),
            #home,
            __partitura::rt::place!(),
        ) #label)
    });
    quote! {
        #keys
        #head {
            type Reply = #reply;
            const NEEDS: &'static [__partitura::rt::Need] = #list;
            #timeout
            #[inline]
            fn handle(message: #message, cx: &__partitura::rt::Context) -> #future {
                #call
            }
            #enter
        }
        #entry
    }
}

/// A subscriber: `impl Subscribes for` a type of its own, since an event may have many.
fn subscriber(handler: &Handler, instance: &Instance, event: &Type) -> TokenStream {
    let needs = Needs::new(&handler.uses, instance, None);
    let (keys, list) = (&needs.keys, &needs.list);
    let text = Literal::string(&handler.name.to_string());
    let at_name = spans::at(handler.span());
    let timeout = timeout(handler);
    let call = call(handler, instance, &needs);
    let future = quote_spanned!(at_name=> impl ::core::future::Future<Output = __partitura::rt::Result<()>> + ::core::marker::Send);
    let entry = entry(quote! {
        __partitura::rt::Entry::Subscriber(
            __partitura::rt::subscriber::<__PartituraSubscriber>(#text, __partitura::rt::place!())
        )
    });
    quote! {
        #keys
        struct __PartituraSubscriber;
        impl __partitura::rt::Subscribes for __PartituraSubscriber {
            type Event = #event;
            const NEEDS: &'static [__partitura::rt::Need] = #list;
            #timeout
            fn handle(message: &#event, cx: &__partitura::rt::Context) -> #future {
                #call
            }
        }
        #entry
    }
}

fn call(handler: &Handler, instance: &Instance, needs: &Needs) -> TokenStream {
    let name = &handler.name;
    let arguments = instance.arguments(true);
    let (values, before) = (&needs.values, &needs.before);
    let output = instance.apply(&handler.output);
    let (first, last) = spans::ends(&output);
    // Located at the return type: what is no `Result` is told there.
    let (open, close) = (quote_spanned!(first=> __partitura::rt::Answer), quote_spanned!(last=> ::new));
    let call = quote!(#open #close(#name #arguments(message, #(#values),*)));
    if needs.is_plain() { call } else { quote!(async move { #before #call.await }) }
}

/// `<Result<AccountId> as Outcome>::Value`, with its caret under the return type.
fn reply(output: &Type) -> TokenStream {
    let (first, last) = spans::ends(output);
    let (open, close) = (quote_spanned!(first=> <), quote_spanned!(last=> as __partitura::rt::Outcome>::Value));
    quote!(#open #output #close)
}

/// What stands in the first angle brackets of the return type, for people.
fn inner(output: &Type) -> TokenStream {
    let Type::Path(path) = output else { return quote!(#output) };
    match path.path.segments.last().map(|segment| &segment.arguments) {
        Some(syn::PathArguments::AngleBracketed(arguments)) => match arguments.args.first() {
            Some(first) => quote!(#first),
            None => quote!(#output),
        },
        _ => quote!(#output),
    }
}

fn timeout(handler: &Handler) -> Option<TokenStream> {
    let timeout = Literal::u64_unsuffixed(handler.timeout_ms);
    (handler.timeout_ms > 0).then(|| quote!(const TIMEOUT_MS: u64 = #timeout;))
}

/// One element of the module's table.
pub(crate) fn entry(value: TokenStream) -> TokenStream {
    quote! {
        #[__partitura::rt::linkme::distributed_slice(__partitura::ENTRIES)]
        #[linkme(crate = __partitura::rt::linkme)]
        static __PARTITURA_ENTRY: __partitura::rt::Entry = #value;
    }
}
