//! What `#[orchestrate]` writes into the module: a constant for each step, the plan of them, and the plan's message with its
//! handler.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Path, Type};

use super::model::{Body, Call, How, OnFailure, Orchestration, Parameter, Step, literal, plain};
use crate::agent::Agent;
use crate::handler::entry;
use crate::route::Route;
use crate::support::function::Function;
use crate::support::instances::Instance;
use crate::support::needs::{Needs, Use};
use crate::support::{paths, spans};

/// What a plan says of itself, of a module or of a folder.
pub(crate) struct Facts<'a> {
    /// The name of the plan; its message is called `name.Run`.
    pub(crate) name: &'a str,
    pub(crate) docs: &'a str,
    pub(crate) input: Option<&'a Type>,
    pub(crate) output: Option<&'a Type>,
    /// What stands before the impl of the handler, and in it.
    pub(crate) around: (TokenStream, TokenStream),
    /// What leads to its message.
    pub(crate) routes: &'a [Route],
    /// Whether it is a tool of agents.
    pub(crate) agent: Option<&'a Agent>,
    pub(crate) timeout_ms: u64,
    pub(crate) span: Span,
}

pub(crate) fn wire(orchestration: &Orchestration) -> TokenStream {
    let facts = facts(orchestration);
    let blocks = orchestration.steps.iter().map(|step| {
        let code = step_code(step);
        quote!({ #code })
    });
    let steps: Vec<TokenStream> = blocks.collect();
    let mut keys = TokenStream::new();
    if orchestration.limit > 0 {
        let limit = Literal::usize_unsuffixed(orchestration.limit as usize);
        keys.extend(quote!(.limit(#limit)));
    }
    if orchestration.sequential {
        keys.extend(quote!(.sequential()));
    }
    if orchestration.exclusive {
        keys.extend(quote!(.exclusive()));
    }
    if orchestration.undo_ms > 0 {
        let undo = Literal::u64_unsuffixed(orchestration.undo_ms);
        keys.extend(quote!(.undo_within(#undo)));
    }
    match orchestration.on.as_ref().map(ToString::to_string).as_deref() {
        Some("start") => keys.extend(quote!(.on(__partitura::rt::plan::On::Start))),
        Some(_) => keys.extend(quote!(.on(__partitura::rt::plan::On::Stop))),
        None => {}
    }
    run(&facts, orchestration.runtime.as_ref(), plan(&facts, &steps, &keys))
}

/// The message alone, with a handler that answers nothing, for a plan with a mistake.
pub(crate) fn stand_in(orchestration: &Orchestration) -> TokenStream {
    let facts = facts(orchestration);
    let reply = reply(&facts);
    let body = quote! {
        impl __partitura::rt::Handles<Run> for __partitura::Marker {
            type Reply = #reply;
            type Behaviors = ();
            const AROUND: __partitura::rt::Surround = __partitura::rt::Surround::NONE.public();
            async fn handle(_: Run, _: &__partitura::rt::Context) -> __partitura::rt::Result<Self::Reply> {
                ::core::future::pending().await
            }
        }
    };
    run(&facts, orchestration.runtime.as_ref(), body)
}

fn facts(orchestration: &Orchestration) -> Facts<'_> {
    let run: Type = syn::parse_quote!(Run);
    Facts {
        name: &orchestration.name,
        docs: &orchestration.docs,
        input: orchestration.input.as_ref(),
        output: orchestration.output.as_ref(),
        around: orchestration.around.expand(&Instance::default(), &run),
        routes: &orchestration.routes,
        agent: orchestration.agent.as_ref(),
        timeout_ms: orchestration.timeout_ms,
        span: orchestration.span(),
    }
}

/// `pub struct Run;`, what makes it a message, and `body`.
pub(crate) fn run(facts: &Facts<'_>, runtime: Option<&Path>, body: TokenStream) -> TokenStream {
    let docs = format!("Runs the plan `{}`.", facts.name);
    let item = match facts.input {
        None => quote! {
            #[doc = #docs]
            #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy, ::core::default::Default)]
            pub struct Run;
        },
        Some(input) => quote! {
            #[doc = #docs]
            pub struct Run(
                /// What the plan is given.
                pub #input,
            );
        },
    };
    let message = message(facts);
    let block = paths::block(facts.span, runtime, quote!(#message #body));
    quote!(#item #block)
}

/// The impls that make `Run` a message: it travels as its input does, or as a unit.
fn message(facts: &Facts<'_>) -> TokenStream {
    let (name, text) = (facts.name, literal(facts.name));
    let docs = if facts.docs.is_empty() { format!("Runs the plan `{name}`.") } else { facts.docs.to_owned() };
    let unique = format_ident!("plan_named_{}", name.replace('.', "_"), span = spans::at(facts.span));
    let rt = quote!(__partitura::rt);
    let (travel, rules) = match facts.input {
        None => (
            quote!(#rt::plan::travels_as_unit!(#rt, Run);),
            quote!(
                const CLONE: ::core::option::Option<fn(&Self) -> Self> = ::core::option::Option::Some(|run| *run);
            ),
        ),
        Some(input) => (
            quote!(#rt::plan::travels_as!(#rt, Run, #input);),
            quote! {
                const CLONE: ::core::option::Option<fn(&Self) -> Self> = {
                    #[allow(unused_imports)]
                    use #rt::plan::NotCopied as _;
                    #rt::plan::InputCopies::<Self>::CLONE
                };
                const RULES: ::core::option::Option<#rt::Rules<Self>> = {
                    #[allow(unused_imports)]
                    use #rt::plan::HasNoRules as _;
                    #rt::plan::RulesOf::<Self>::RULES
                };
            },
        ),
    };
    quote! {
        #travel
        impl #rt::Message for Run {
            const INFO: &'static #rt::MessageInfo =
                &#rt::MessageInfo::new::<Self>(#rt::MessageKind::Command, #text, "Run", #rt::place!()).docs(#docs);
            type Wire = #rt::Wired;
            #rules
        }
        impl #rt::Request for Run {
            type Home = __partitura::Marker;
        }
        impl #rt::Command for Run {}
        #[allow(dead_code, non_upper_case_globals)]
        impl __partitura::Marker {
            const #unique: () = ();
        }
    }
}

fn reply(facts: &Facts<'_>) -> TokenStream {
    facts.output.map_or_else(|| quote!(__partitura::rt::plan::Report), |output| quote!(#output))
}

/// The plan, and the handler of its message.
pub(crate) fn plan(facts: &Facts<'_>, steps: &[TokenStream], keys: &TokenStream) -> TokenStream {
    let rt = quote!(__partitura::rt);
    let text = literal(facts.name);
    let names: Vec<Ident> = (0..steps.len()).map(|index| format_ident!("__PARTITURA_STEP_{index}")).collect();
    let reply = reply(facts);
    let reply_text = facts.output.map_or_else(|| "Report".to_owned(), spans::text);
    let (cx, taken) = (spans::cx(), spans::message());
    let mut more = TokenStream::new();
    let (input, made) = match facts.input {
        None => (quote!(()), quote!(impl #rt::plan::NoInput for Run { fn make() -> Self { Run } })),
        Some(input) => {
            let name = literal(&spans::text(input));
            more.extend(quote!(.input::<#input>(#name)));
            (quote!(#taken.0), quote!())
        }
    };
    let call = match facts.output {
        None => quote!(#rt::plan::run_for_report(&__PARTITURA_PLAN, #input, #cx)),
        Some(output) => {
            let name = literal(&spans::text(output));
            more.extend(quote!(.output::<#output>(#name)));
            quote!(#rt::plan::run_for::<#output, _>(&__PARTITURA_PLAN, #input, #cx))
        }
    };
    let (before, around) = &facts.around;
    let timeout = Literal::u64_unsuffixed(facts.timeout_ms);
    let timeout = (facts.timeout_ms > 0).then(|| quote!(const TIMEOUT_MS: u64 = #timeout;));
    let run: Type = syn::parse_quote!(Run);
    let agent = facts.agent.map(Agent::value);
    let checks = facts.routes.iter().map(|route| route.checks(&run)).chain(facts.agent.map(|agent| agent.checks(&run)));
    let checks: TokenStream = checks.collect();
    let routes = facts.routes.iter().map(|route| route.value(&run));
    let routes = (!facts.routes.is_empty()).then(|| quote!(.routes(&[#(#routes),*])));
    let entry = entry(quote! {
        #rt::handler(<__partitura::Marker as #rt::Handles<Run>>::TYPES, #rt::HandlerFacts {
            name: #text,
            reply: #reply_text,
            reply_schema: {
                #[allow(unused_imports)]
                use #rt::HasNoSchema as _;
                #rt::SchemaOf::<#reply>::SCHEMA
            },
            contract: ::core::option::Option::None,
            place: #rt::place!(),
        }).plan(&__PARTITURA_PLAN) #routes #agent
    });
    quote! {
        #(const #names: #rt::plan::StepCode = #steps;)*
        static __PARTITURA_PLAN: #rt::plan::PlanCode =
            #rt::plan::PlanCode::new(#text, <Run as #rt::Message>::INFO, #rt::place!(), &[#(&#names),*]) #keys #more;
        #made
        #before
        impl #rt::Handles<Run> for __partitura::Marker {
            type Reply = #reply;
            // What is made for each message is made for each run, by the steps that need it.
            const SCOPED: bool = true;
            #timeout
            #around
            fn handle(
                #taken: Run,
                #cx: &#rt::Context,
            ) -> impl ::core::future::Future<Output = #rt::Result<Self::Reply>> + ::core::marker::Send {
                let _ = &#taken;
                #call
            }
        }
        #checks
        #entry
    }
}

/// An expression of type `StepCode`, with the items that it needs before it.
fn step_code(step: &Step) -> TokenStream {
    let rt = quote!(__partitura::rt);
    let name = literal(&plain(&step.name));
    let line = Literal::u32_unsuffixed(spans::line(step.span()));
    let mut keys = TokenStream::new();
    let (items, needs, call) = match &step.run {
        Body::Call(own) => {
            let (items, needs, emits) =
                callable(own, &format_ident!("__partitura_run"), Kind::Step(step.gives.as_ref()));
            if emits {
                keys.extend(quote!(.emits()));
            }
            (items, needs, quote!(__partitura_run))
        }
        Body::Plan(path) => {
            keys.extend(quote!(.emits()));
            let (first, last) = spans::ends(path);
            let open = quote_spanned!(first=> <);
            let close = quote_spanned!(last=> ::Run as __partitura::rt::plan::NoInput>::STEP);
            let call = quote!(#open #path #close);
            (TokenStream::new(), quote!(&[]), call)
        }
    };
    if !step.docs.is_empty() {
        let docs = literal(&step.docs);
        keys.extend(quote!(.docs(#docs)));
    }
    if let Some(gives) = &step.gives {
        let text = literal(&spans::text(gives));
        keys.extend(quote!(.gives::<#gives>(#text)));
    }
    let takes: Vec<TokenStream> = taken(step.takes());
    if !takes.is_empty() {
        keys.extend(quote!(.takes(&[#(#takes),*])));
    }
    if !step.after.is_empty() || !step.before.is_empty() {
        let text = |names: &[Ident]| names.iter().map(|name| literal(&plain(name))).collect::<Vec<_>>();
        let (after, before) = (text(&step.after), text(&step.before));
        keys.extend(quote!(.order(&[#(#after),*], &[#(#before),*])));
    }
    if step.retries > 0 {
        let (retries, backoff) = (Literal::u32_unsuffixed(step.retries), Literal::u64_unsuffixed(step.backoff_ms));
        keys.extend(quote!(.retries(#retries, #backoff)));
    }
    if step.timeout_ms > 0 {
        let timeout = Literal::u64_unsuffixed(step.timeout_ms);
        keys.extend(quote!(.timeout(#timeout)));
    }
    match step.on_failure {
        OnFailure::Compensate => {}
        OnFailure::Halt => keys.extend(quote!(.halts())),
        OnFailure::Continue => keys.extend(quote!(.continues())),
    }
    if let Some(when) = &step.when {
        let text = literal(&when.name.to_string());
        let (items, needs, _) = callable(when, &format_ident!("__partitura_when"), Kind::When);
        keys.extend(quote!(.when({ #items (#text, __partitura_when, #needs) })));
    }
    if let Some(undo) = &step.undo {
        let text = literal(&undo.name.to_string());
        let (items, needs, _) = callable(undo, &format_ident!("__partitura_undo"), Kind::Undo);
        let takes = taken(undo.parameters.iter());
        keys.extend(quote!(.undo({ #items (#text, __partitura_undo, #needs) }, &[#(#takes),*])));
    }
    quote! {
        #items
        #rt::plan::StepCode::new(#name, #rt::plan::at(#rt::place!(), #line), #call, #needs) #keys
    }
}

/// `Taken::shared::<Migrated>("Migrated")`; one for each value, the strictest of the ways in which it is taken.
fn taken<'p>(parameters: impl Iterator<Item = &'p Parameter>) -> Vec<TokenStream> {
    let mut all: Vec<(String, &Type, How)> = Vec::new();
    for parameter in parameters {
        let Parameter::Data { ty, how, .. } = parameter else { continue };
        let (text, rank) = (spans::text(ty), |how: How| match how {
            How::Maybe => 0,
            How::Shared | How::Kept => 1,
            How::Owned => 2,
        });
        match all.iter_mut().find(|(other, ..)| *other == text) {
            Some((_, _, other)) if rank(*other) < rank(*how) => *other = *how,
            Some(_) => {}
            None => all.push((text, ty, *how)),
        }
    }
    let code = all.into_iter().map(|(text, ty, how)| {
        let text = literal(&text);
        let how = match how {
            How::Maybe => quote!(maybe),
            How::Shared | How::Kept => quote!(shared),
            How::Owned => quote!(owned),
        };
        quote!(__partitura::rt::plan::Taken::#how::<#ty>(#text))
    });
    code.collect()
}

enum Kind<'a> {
    Step(Option<&'a Type>),
    When,
    Undo,
}

/// The keys of what is injected, and a fn that calls the user's with what it needs; the list of needs; whether the context is
/// among them.
fn callable(call: &Call, name: &Ident, kind: Kind<'_>) -> (TokenStream, TokenStream, bool) {
    let uses: Vec<Use> = call
        .parameters
        .iter()
        .filter_map(|parameter| match parameter {
            Parameter::Injected(dependency) => Some(Use::clone(dependency)),
            Parameter::Data { .. } => None,
        })
        .collect();
    let needs = Needs::new(&uses, &Instance::default(), None);
    let given = Ident::new("given", Span::mixed_site());
    let cx = spans::cx();
    let (mut before, mut values) = (TokenStream::new(), Vec::new());
    let mut injected = needs.values.iter();
    for (index, parameter) in call.parameters.iter().enumerate() {
        let Parameter::Data { ty, whole, how, .. } = parameter else {
            values.extend(injected.next().map(ToTokens::to_token_stream));
            continue;
        };
        let value = Ident::new(&format!("value_{index}"), Span::mixed_site());
        let (start, end) = spans::ends(whole);
        let close = quote_spanned!(end=> >());
        let get = |method: &str| {
            let method = Ident::new(method, start);
            quote_spanned!(start=> #given.#method::<)
        };
        match how {
            How::Shared => {
                let open = get("get");
                before.extend(quote!(let #value = #open #ty #close?;));
                values.push(quote!(&*#value));
            }
            How::Kept => {
                let open = get("get");
                before.extend(quote!(let #value = #open #ty #close?;));
                values.push(quote!(#value));
            }
            How::Maybe => {
                let open = get("find");
                before.extend(quote!(let #value = #open #ty #close;));
                values.push(quote!(#value.as_deref()));
            }
            How::Owned => {
                let open = get("take");
                before.extend(quote!(let #value = #open #ty #close?;));
                values.push(quote!(#value));
            }
        }
    }
    let (own, fresh) = (&call.name, &needs.before);
    let fallback: Type = syn::parse_quote!(());
    let output = call.output.as_ref().unwrap_or(&fallback);
    let (start, end) = spans::ends(output);
    let called = quote!(#own(#(#values),*));
    let called = if call.is_async { called } else { quote!(::core::future::ready(#called)) };
    let (head, result, work) = match kind {
        Kind::Step(gives) => {
            let value = gives.map_or_else(|| outcome(output), |ty| quote!(#ty));
            // Located at the return type: what is no `Result` is told there.
            let (open, close) = (quote_spanned!(start=> __partitura::rt::Answer), quote_spanned!(end=> >::new));
            (quote!(step), quote!(__partitura::rt::plan::Output), quote!(#open ::<_, #value #close(#called).await))
        }
        Kind::When => {
            let verdict = quote_spanned!(start=> __partitura::rt::plan::verdict);
            (quote!(condition), quote!(bool), quote!(#verdict(#called.await)))
        }
        Kind::Undo => {
            let (open, close) = (quote_spanned!(start=> __partitura::rt::Answer), quote_spanned!(end=> >::new));
            (quote!(compensation), quote!(()), quote!(#open ::<_, () #close(#called).await))
        }
    };
    // Located at the return type, too: what is not `Send` is told there.
    let (open, close) = (quote_spanned!(start=> __partitura::rt::plan::), quote_spanned!(start=> async move));
    let head = spans::located(head, start);
    let block = spans::braces(
        quote! {
            let #cx = #given.context();
            let _ = #cx;
            #fresh
            #before
            #work
        },
        end,
    );
    let mut arguments = proc_macro2::Group::new(proc_macro2::Delimiter::Parenthesis, quote!(#close #block));
    arguments.set_span(end);
    let keys = &needs.keys;
    let items = quote! {
        #keys
        fn #name(
            #given: __partitura::rt::plan::Given,
        ) -> __partitura::rt::BoxFuture<'static, __partitura::rt::Result<#result>> {
            #open #head #arguments
        }
    };
    (items, needs.list, needs.context)
}

/// `<Result<()> as Outcome>::Value`, with its caret under the return type.
fn outcome(output: &Type) -> TokenStream {
    let (first, last) = spans::ends(output);
    let (open, close) = (quote_spanned!(first=> <), quote_spanned!(last=> as __partitura::rt::Outcome>::Value));
    quote!(#open #output #close)
}

/// A step may be `async`, or take by value, because the framework asks for it.
pub(super) fn allowed(function: &Function) -> TokenStream {
    match function.signature.asyncness {
        Some(_) => quote!(#[allow(clippy::unused_async)]),
        None => {
            quote!(#[allow(clippy::unnecessary_wraps, clippy::needless_pass_by_value, clippy::missing_const_for_fn)])
        }
    }
}

/// The constant by which a folder finds the `execute` of a file.
pub(super) fn of_file(step: &Step) -> TokenStream {
    let hidden = paths::hidden(step.span());
    let code = step_code(step);
    quote! {
        #[doc(hidden)]
        #[allow(dead_code)]
        pub(crate) const __PARTITURA_STEP: crate::#hidden::__partitura::rt::plan::StepCode = {
            use crate::#hidden::__partitura;
            #code
        };
    }
}

/// For an `execute` with a mistake: what the folder needs of it.
pub(super) fn of_file_stand_in(function: &Function) -> TokenStream {
    let hidden = paths::hidden(function.signature.ident.span());
    quote! {
        #[doc(hidden)]
        #[allow(dead_code)]
        pub(crate) const __PARTITURA_STEP: crate::#hidden::__partitura::rt::plan::StepCode = {
            use crate::#hidden::__partitura;
            __partitura::rt::plan::StepCode::stand_in(__partitura::rt::place!())
        };
    }
}
