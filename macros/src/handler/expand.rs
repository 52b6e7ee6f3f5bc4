//! What `#[handler]` writes beside the fn.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;

use super::model::{Handler, Taken, Understood};
use crate::support::function::Function;
use crate::support::instances::Instance;
use crate::support::needs::{Needs, argument};
use crate::support::spans::{Words, words};
use crate::support::{paths, spans};

/// The blocks, behind `allowed`: what the user's attributes allow in the fn.
pub(crate) fn wire(handler: &Handler, allowed: Option<&TokenStream>) -> TokenStream {
    let blocks = handler.instances.iter().map(|instance| {
        let body = match &handler.message {
            Taken::Value(message) => request(handler, instance, &instance.apply(message)),
            Taken::Reference(event) => subscriber(handler, instance, &instance.apply(event)),
        };
        paths::block(handler.span(), handler.runtime.as_ref(), body)
    });
    quote!(#(#allowed #blocks)*)
}

/// A command or a query: `impl Handles<OpenAccount> for Marker`.
fn request(handler: &Handler, instance: &Instance, message: &Type) -> TokenStream {
    let needs = Needs::new(&handler.uses, instance, None);
    let (keys, list) = (&needs.keys, &needs.list);
    let output = Output::new(instance.apply(&handler.output));
    let text = Literal::string(&handler.name.to_string());
    let reply = &output;
    let reply_text = Literal::string(&spans::text(&inner(&output.ty)));
    let routes = handler.routes.iter().map(|route| route.value(message));
    let checks = handler.routes.iter().map(|route| route.checks(message));
    let checks = checks.chain(handler.agent.iter().map(|agent| agent.checks(message)));
    let routes = (!handler.routes.is_empty()).then(|| quote!(.routes(&[#(#routes),*])));
    let agent = handler.agent.as_ref().map(|agent| agent.value());
    let label = instance.label().map(|label| quote!(.instance(#label)));
    let (first, last) = spans::ends(message);
    let cx = spans::cx();
    let taken = spans::message();
    let timeout = timeout(handler);
    let (before, consts) = handler.around.expand(instance, message);
    let check = handler.around.check(message);
    let mut call = match handler.streams {
        false => call(handler, instance, &needs, &output),
        true => quote!(__partitura::rt::open_stream::<__PartituraSource>(#taken, #cx)),
    };
    if handler.around.has_behaviors() {
        call = quote!(__partitura::rt::behind::<Self, #message, _>(#taken, #cx, move |#taken| #call));
    }
    let [future, send] = match handler.streams {
        false => future((output.first, output.last)),
        true => future((Span::call_site(), Span::call_site())),
    };
    // A stream always goes by the long way.
    let nests = !handler.streams && (needs.context || handler.around.has_behaviors());
    let enter = nests.then(|| {
        quote! {
            #[inline]
            fn enter(#taken: #message, #cx: &__partitura::rt::Context) -> #future #send {
                __partitura::rt::nested::<Self, #message>(#taken, #cx)
            }
        }
    });
    let head = words!(first => impl __partitura::rt::Handles<);
    let head_end = words!(last => > for __partitura::Marker);
    let marker = words!(first => <__partitura::);
    let handles = words!(last => Marker as __partitura::rt::Handles<);
    let types = words!(last => >>::TYPES);
    // Two tokens: of `<<` the compiler makes two at two places.
    let open = words!(first => < <);
    let link = words!(last => as __partitura::rt::Request>::Home as __partitura::rt::Accepts<);
    let link_end = words!(last => , __partitura::Marker>>::LINK);
    // The schema of the reply, if it has one. A probe by name, which no bound in a runtime helper could be.
    let schema = words!(output.first => __partitura::rt::SchemaOf::<);
    let schema_end = words!(output.last => >::SCHEMA);
    let (source, answer, stream) = match handler.streams {
        false => (None, None, None),
        true => {
            let (source, answer, stream) = streams(handler, instance, message, &needs, reply);
            (Some(source), Some(answer), Some(stream))
        }
    };
    let answer: &dyn ToTokens = answer.as_ref().map_or(reply, |answer| answer);
    let facts = (!handler.routes.is_empty() && !handler.streams).then(|| {
        quote! {
            const FACTS: ::core::option::Option<fn(&Self::Reply) -> __partitura::rt::ReplyFacts> = {
                #[allow(unused_imports)]
                use __partitura::rt::SaysNothing as _;
                __partitura::rt::FactsOf::<#answer>::FACTS
            };
        }
    });
    let copy = is_instance(message).then(|| {
        quote! {
            const COPY: __partitura::rt::Clones<#message> = {
                #[allow(unused_imports)]
                use __partitura::rt::NotCopied as _;
                __partitura::rt::Copies::<#message>::__PARTITURA_CLONE
            };
        }
    });
    let unused = needs.values.is_empty().then(|| quote!(let _ = #cx;));
    // Located there, too: a private type is told of the whole of it.
    let (typed, typed_end) = (words!(output.first => type Reply =), words!(output.last => ;));
    let body = quote! {
        #typed #answer #typed_end
        const NEEDS: &'static [__partitura::rt::Need] = #list;
        #timeout
        #consts
        #copy
        #stream
        #facts
        #[inline]
        fn handle(#taken: #message, #cx: &__partitura::rt::Context) -> #future #send {
            #unused
            #call
        }
        #enter
    };
    let body = spans::braces(body, last);
    quote! {
        use __partitura::rt::HasNoSchema as _;
        #keys
        #before
        #source
        #head #message #head_end #body
        #check
        #(#checks)*
        __partitura::entry! {
            __partitura::rt::handler(#marker #handles #message #types, __partitura::rt::HandlerFacts {
                name: #text,
                reply: #reply_text,
                reply_schema: #schema #reply #schema_end,
                contract: #open #message #link #message #link_end,
                place: __partitura::rt::place!(),
            }) #label #routes #agent
        }
    }
}

/// What streams, as a type of its own; the reply, and how its items travel, located at the type of an item: there, what does
/// not serialise is told.
fn streams(
    handler: &Handler,
    instance: &Instance,
    message: &Type,
    needs: &Needs,
    item: &Output,
) -> (TokenStream, TokenStream, TokenStream) {
    let (cx, taken, name) = (spans::cx(), spans::message(), &handler.name);
    let outlet = proc_macro2::Ident::new("outlet", proc_macro2::Span::mixed_site());
    let output = &item.ty;
    let arguments = instance.arguments(true);
    let (values, before) = (&needs.values, &needs.before);
    let source = quote! {
        struct __PartituraSource;
        impl __partitura::rt::Source for __PartituraSource {
            type Message = #message;
            type Item = #item;
            fn run(
                #taken: #message,
                #cx: &__partitura::rt::Context,
                #outlet: &__partitura::rt::Outlet<Self::Item>,
            ) -> impl ::core::future::Future<Output = __partitura::rt::Result<()>> + ::core::marker::Send {
                async move {
                    let _ = #cx;
                    #before
                    __partitura::rt::pour(#name #arguments(#taken, #(#values),*), #outlet).await
                }
            }
        }
    };
    let (first, last) = spans::ends(argument(output, "Result").unwrap_or(output));
    let (open, close) = (quote_spanned!(first=> __partitura::rt::Streaming<), quote_spanned!(last=> >));
    let answer = quote!(#open #item #close);
    let message = spans::located(quote!(#message), last);
    let (start, middle, end) = (
        quote_spanned!(first=> __partitura::rt::items::<),
        quote_spanned!(last=> as __partitura::rt::Outcome>::Value, <#message as __partitura::rt::Message>::Wire),
        quote_spanned!(last=> >),
    );
    let open = quote_spanned!(first=> <);
    let stream = quote! {
        const STREAM: ::core::option::Option<
            fn(Self::Reply) -> __partitura::rt::Streaming<__partitura::rt::Json>
        > = ::core::option::Option::Some(#start #open #output #middle #end);
    };
    (source, answer, stream)
}

/// For a handler with a mistake: what its message and its callers need, so that they add no error of their own.
pub(crate) fn stand_in(function: &Function, understood: &Understood) -> TokenStream {
    let message = &understood.message;
    let reply = |output: &Type| Output::new(output.clone()).to_token_stream();
    let mut reply = understood.output.as_ref().map_or_else(|| quote!(()), reply);
    if understood.streams {
        reply = quote!(__partitura::rt::Streaming<#reply>);
    }
    let place = function.signature.ident.span();
    let body = quote! {
        impl __partitura::rt::Handles<#message> for __partitura::Marker {
            type Reply = #reply;
            type Behaviors = ();
            const AROUND: __partitura::rt::Surround = __partitura::rt::Surround::NONE.public();
            async fn handle(_: #message, _: &__partitura::rt::Context) -> __partitura::rt::Result<Self::Reply> {
                ::core::future::pending().await
            }
        }
    };
    paths::block(place, None, body)
}

/// A subscriber: `impl Subscribes for` a type of its own, since an event may have many.
fn subscriber(handler: &Handler, instance: &Instance, event: &Type) -> TokenStream {
    let needs = Needs::new(&handler.uses, instance, None);
    let (keys, list) = (&needs.keys, &needs.list);
    let text = Literal::string(&handler.name.to_string());
    let timeout = timeout(handler);
    let (before, consts) = handler.around.expand(instance, event);
    let (cx, taken) = (spans::cx(), spans::message());
    let unused = needs.values.is_empty().then(|| quote!(let _ = #cx;));
    let output = Output::new(instance.apply(&handler.output));
    let mut call = call(handler, instance, &needs, &output);
    if handler.around.has_behaviors() {
        call = quote!(__partitura::rt::behind_event::<Self, _>(#taken, #cx, #call));
    }
    let topic = handler
        .topic
        .as_ref()
        .map(|topic| quote!(const TOPIC: ::core::option::Option<&'static str> = ::core::option::Option::Some(#topic);));
    let (first, last) = (output.first, output.last);
    let send = words!(last => + ::core::marker::Send);
    let future = quote_spanned!(first=> impl ::core::future::Future<Output = __partitura::rt::Result<()>> #send);
    let entry = entry(quote!(__partitura::rt::subscriber::<__PartituraSubscriber>(#text, __partitura::rt::place!())));
    quote! {
        #keys
        #before
        struct __PartituraSubscriber;
        impl __partitura::rt::Subscribes for __PartituraSubscriber {
            type Event = #event;
            const NEEDS: &'static [__partitura::rt::Need] = #list;
            #timeout
            #topic
            #consts
            fn handle(#taken: &#event, #cx: &__partitura::rt::Context) -> #future {
                #unused
                #call
            }
        }
        #entry
    }
}

/// The call of the fn, whose answer is the value of its return type when all goes well.
fn call(handler: &Handler, instance: &Instance, needs: &Needs, output: &Output) -> TokenStream {
    let name = &handler.name;
    let arguments = instance.arguments(true);
    let (values, before) = (&needs.values, &needs.before);
    // Located at the return type: what is no `Result` is told there.
    let (open, close) = (words!(output.first => __partitura::rt::Answer::<_,), words!(output.last => >::new));
    let taken = spans::message();
    let call = quote!(#open #output #close(#name #arguments(#taken, #(#values),*)));
    if needs.is_plain() { call } else { quote!(async move { #before #call.await }) }
}

/// The return type, and where it begins and ends. Written as the value in it, `<Result<AccountId> as Outcome>::Value`, with its
/// caret under it.
struct Output {
    ty: Type,
    first: Span,
    last: Span,
}

impl Output {
    fn new(ty: Type) -> Output {
        let (first, last) = spans::ends(&ty);
        Output { ty, first, last }
    }
}

impl ToTokens for Output {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        words!(self.first => <).to_tokens(tokens);
        self.ty.to_tokens(tokens);
        words!(self.last => as __partitura::rt::Outcome>::Value).to_tokens(tokens);
    }
}

/// The future that the user's fn returns, located at its return type: there, what is no `Result` is told once.
fn future((first, last): (Span, Span)) -> [Words; 2] {
    [
        words!(first => impl ::core::future::Future<Output = __partitura::rt::Result<Self::Reply>>),
        words!(last => + ::core::marker::Send),
    ]
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

/// `Save<User>`: one of a generic type.
fn is_instance(message: &Type) -> bool {
    let Type::Path(path) = message else { return false };
    path.path.segments.last().is_some_and(|segment| !segment.arguments.is_empty())
}

fn timeout(handler: &Handler) -> Option<TokenStream> {
    let timeout = Literal::u64_unsuffixed(handler.timeout_ms);
    (handler.timeout_ms > 0).then(|| quote!(const TIMEOUT_MS: u64 = #timeout;))
}

/// One element of the module's table.
pub(crate) fn entry(value: TokenStream) -> TokenStream {
    quote!(__partitura::entry! { #value })
}
