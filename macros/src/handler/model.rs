//! What `#[handler]` understood, and what it refuses.

use proc_macro2::{Ident, Span};
use syn::spanned::Spanned;
use syn::{FnArg, LitStr, Pat, Path, ReturnType, Signature, Type};

use super::around::Around;
use super::stream;
use crate::agent::Agent;
use crate::route::Route;
use crate::support::function::{Function, check_shape};
use crate::support::instances::Instance;
use crate::support::keys::{Keys, milliseconds};
use crate::support::needs::{Site, Use, argument, is_data, is_told_static, is_unit, last_segment_is, owned_text, peel};
use crate::support::sink::Sink;
use crate::support::{spans, topic};

/// A handler that is understood.
pub(crate) struct Handler {
    pub(crate) name: Ident,
    pub(crate) runtime: Option<Path>,
    pub(crate) message: Taken,
    pub(crate) uses: Vec<Use>,
    /// The `Result` that it answers with; of a stream, that of one item.
    pub(crate) output: Type,
    pub(crate) streams: bool,
    pub(crate) timeout_ms: u64,
    pub(crate) topic: Option<LitStr>,
    pub(crate) around: Around,
    pub(crate) routes: Vec<Route>,
    pub(crate) agent: Option<Agent>,
    pub(crate) instances: Vec<Instance>,
}

/// How the message is taken, which tells a request from an event.
pub(crate) enum Taken {
    /// A command or a query, by value.
    Value(Type),
    /// An event, by reference.
    Reference(Type),
}

impl Handler {
    pub(crate) fn read(function: &Function, keys: Keys, sink: &mut Sink) -> Option<Handler> {
        let signature = &function.signature;
        let timeout_ms = keys.text("timeout").map_or(0, |text| milliseconds(text, sink));
        let stream = match &signature.output {
            ReturnType::Type(_, ty) => stream::read(signature, ty, sink),
            ReturnType::Default => None,
        };
        if stream.is_none() {
            check_async(signature, sink);
        }
        check_shape(signature, "handler", "PT0128", sink);
        let instances = Instance::all(&signature.generics, &keys, "handler", sink);
        let output = match stream {
            None => output(signature, sink),
            Some(item) => item.and_then(|item| {
                result(
                    item,
                    "an item is a `Result`, since a stream may fail: write `impl Stream<Item = Result<",
                    ">> + Send`",
                    "PT0170",
                    sink,
                )
            }),
        };
        let mut parameters = signature.inputs.iter();
        let message = message(signature, parameters.next(), output.as_ref(), sink);
        if let (Some(Taken::Reference(_)), Some(_), ReturnType::Type(_, ty)) = (&message, &stream, &signature.output) {
            sink.at(ty, "an event has no answer, and so no stream of them: its handler is an `async fn` that returns `Result<()>` [PT0128]");
        } else if let (Some(Taken::Reference(_)), Some(output)) = (&message, &output)
            && let Some(value) = argument(output, "Result")
            && !is_unit(value)
        {
            sink.at(value, "an event has no answer: its handler returns `Result<()>` [PT0128]");
        }
        let around = Around::read(&keys, message.as_ref(), sink);
        let routes = routes(&keys, message.as_ref(), stream.is_some(), sink);
        let agent = Agent::read(&keys, sink);
        if let (Some(agent), Some(Taken::Reference(_))) = (&agent, &message) {
            sink.at(
                agent.key(),
                "an agent calls a command or a query, and this handler is told of an event: emit the event in the handler of a command, which says `agent` [PT0480]",
            );
        }
        if let (Some(_), Some(key)) = (&stream, keys.flag("retries")) {
            sink.at(
                key,
                "a stream is not tried again, since items of it may have left: leave `retries` out; the caller may ask anew [PT0172]",
            );
        }
        if let Some(topic) = keys.text("topic") {
            topic::check_pattern(topic, sink);
        }
        let uses: Vec<Use> = parameters.filter_map(|parameter| injected(parameter, sink)).collect();
        Some(Handler {
            name: signature.ident.clone(),
            runtime: keys.runtime().cloned(),
            message: message?,
            uses,
            output: output?,
            streams: stream.is_some(),
            timeout_ms,
            topic: keys.text("topic").cloned(),
            around,
            routes,
            agent,
            instances,
        })
    }

    /// Where errors about the handler as a whole are shown.
    pub(crate) fn span(&self) -> Span {
        self.name.span()
    }
}

fn routes(keys: &Keys, taken: Option<&Taken>, streams: bool, sink: &mut Sink) -> Vec<Route> {
    let mut routes = Vec::new();
    for (key, tokens) in keys.lists("route") {
        if let Some(Taken::Reference(_)) = taken {
            sink.at(
                key,
                "a request leads to a command or a query, and this handler is told of an event: emit the event in the handler of a command, which has the route [PT0406]",
            );
        } else if keys.types("for").is_some() {
            sink.at(
                key,
                "the instances of a generic handler would all be on this one path: name one route for each in the configuration, `[http.routes]` [PT0404]",
            );
        } else {
            routes.extend(Route::read(key, tokens, streams, sink));
        }
    }
    routes
}

fn check_async(signature: &Signature, sink: &mut Sink) {
    if signature.asyncness.is_none() {
        sink.at(
            signature.fn_token,
            "a handler is an `async fn`, or a plain fn that streams: `-> impl Stream<Item = Result<T>> + Send` [PT0128]",
        );
    }
}

/// What is understood of a handler that has some mistake.
pub(crate) struct Understood {
    /// The message, by value.
    pub(crate) message: Type,
    /// The `Result` that it answers with, or that of an item.
    pub(crate) output: Option<Type>,
    /// Whether that is of an item.
    pub(crate) streams: bool,
}

/// The message and the return type of a handler that has some other mistake.
pub(crate) fn understood(function: &Function) -> Option<Understood> {
    let signature = &function.signature;
    let Some(FnArg::Typed(parameter)) = signature.inputs.first() else { return None };
    let first = peel(&parameter.ty);
    let written = match &signature.output {
        ReturnType::Type(_, ty) => Some(&**ty),
        ReturnType::Default => None,
    };
    let message = match first {
        Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "AnyEvent") => return None,
        ty if is_wrapper(ty) => behind(signature).or_else(|| argument(ty, "Box").map(peel))?.clone(),
        ty @ (Type::Path(_) | Type::Macro(_)) => ty.clone(),
        Type::Reference(reference) if misplaced(signature, peel(&reference.elem), written).is_some() => {
            behind(signature)?.clone()
        }
        _ => return None,
    };
    let generics = &signature.generics;
    let item = written.and_then(stream::item);
    let output = item.or(written).filter(|ty| {
        !is_no_result(ty)
            && plain_error(ty).is_none()
            && unsayable(ty).is_none()
            && generics.params.is_empty()
            && !stream::is_wrapped(ty)
    });
    let (output, streams) = (output.cloned(), item.is_some());
    let is_plain = generics.type_params().next().is_none() && generics.const_params().next().is_none();
    is_plain.then_some(Understood { message, output, streams })
}

/// True for what is surely no `Result`. An alias of one has parameters, or a name that ends as the original's: the
/// compiler tells the rest, but at four places.
pub(crate) fn is_no_result(ty: &Type) -> bool {
    match peel(ty) {
        Type::Path(path) if path.qself.is_none() => {
            let bare =
                path.path.segments.last().is_some_and(|segment| {
                    segment.arguments.is_none() && !segment.ident.to_string().ends_with("Result")
                });
            bare || is_data(path)
        }
        Type::Path(_) | Type::Macro(_) => false,
        _ => true,
    }
}

/// Told: an error that says nothing of its kind; `kind` is one that fits.
pub(crate) fn check_error(output: &Type, kind: &str, code: &str, sink: &mut Sink) {
    if let Some(error) = plain_error(output) {
        sink.at(
            error,
            format!("`{}` says not what kind of error it is: write `partitura::Result<..>` and `Error::{kind}(text)`, or an enum with `#[derive(Debug, Problem)]` [{code}]", spans::text(error)),
        );
    }
}

/// The error of a `Result`, if it is plain text or another value that says nothing of its kind.
fn plain_error(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = peel(ty) else { return None };
    let segment = path.path.segments.last().filter(|segment| segment.ident == "Result")?;
    let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.iter().nth(1)? {
        syn::GenericArgument::Type(error) => match peel(error) {
            Type::Path(path) => is_data(path).then_some(error),
            Type::Reference(_) | Type::Tuple(_) => Some(error),
            _ => None,
        },
        _ => None,
    }
}

/// The value of a `Result` that has no name beyond the fn: borrowed from something that ends, or `impl Trait`.
fn unsayable(ty: &Type) -> Option<&Type> {
    let value = peel(argument(ty, "Result")?);
    let is_unsayable = match value {
        Type::Reference(reference) => reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static"),
        value => matches!(value, Type::ImplTrait(_)),
    };
    is_unsayable.then_some(value)
}

/// The return type, as written.
pub(crate) fn output(signature: &Signature, sink: &mut Sink) -> Option<Type> {
    match &signature.output {
        ReturnType::Type(_, ty) => {
            result(ty, "a handler answers with a `Result`: write `-> Result<", ">`", "PT0128", sink)
        }
        ReturnType::Default => {
            sink.at(
                &signature.ident,
                "a handler answers with a `Result`: write `-> Result<()>` if there is nothing to say [PT0128]",
            );
            None
        }
    }
}

/// A type that must be a `Result`: `advice` stands on both sides of what would be in it.
fn result(ty: &Type, advice: &str, end: &str, code: &str, sink: &mut Sink) -> Option<Type> {
    if let Some(value) = unsayable(ty) {
        let advice = match value {
            Type::Reference(reference) => {
                let owned = owned_text(&reference.elem);
                format!("what a handler answers with owns its data, since it leaves the handler: write `{owned}`")
            }
            _ => "what a handler answers with has a name, which its callers and its schema say: write the type itself, a struct of your own if there is none".to_owned(),
        };
        sink.at(value, format!("{advice} [{code}]"));
        return None;
    }
    if is_no_result(ty) {
        sink.at(ty, format!("{advice}{}{end} (an alias of one is named `..Result`) [{code}]", spans::text(ty)));
        return None;
    }
    check_error(ty, "invalid", "PT0128", sink);
    Some(ty.clone())
}

fn message(signature: &Signature, first: Option<&FnArg>, output: Option<&Type>, sink: &mut Sink) -> Option<Taken> {
    const FORM: &str = "its first parameter is the message: a command or a query by value, `command: OpenAccount`, an event by reference, `event: &AccountOpened` [PT0129]";
    match first {
        None => {
            sink.at(&signature.ident, format!("this handler takes nothing; {FORM}"));
            None
        }
        Some(FnArg::Receiver(receiver)) => {
            sink.at(receiver, format!("a handler is a free fn, without `self`; {FORM}"));
            None
        }
        Some(FnArg::Typed(parameter)) => {
            plain_name(&parameter.pat, "message", sink);
            match peel(&parameter.ty) {
                Type::Reference(reference) if reference.mutability.is_some() => {
                    sink.at(&parameter.ty, format!("a message is not taken by `&mut`; {FORM}"));
                    None
                }
                Type::Reference(reference) => {
                    if is_told_static(peel(&parameter.ty), "PT0129", sink) {
                        return None;
                    }
                    let event = peel(&reference.elem);
                    if let Some(advice) = misplaced(signature, event, output) {
                        sink.at(&parameter.ty, format!("{advice}; {FORM}"));
                        return None;
                    }
                    Some(Taken::Reference(event.clone()))
                }
                Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "AnyEvent") => {
                    sink.at(&parameter.ty, "an event is shared by all who are told of it: take it by reference, `event: &AnyEvent` [PT0129]");
                    None
                }
                ty if is_wrapper(ty) => {
                    sink.at(ty, format!("`{}` is no message; {FORM}", spans::text(ty)));
                    None
                }
                ty @ (Type::Path(_) | Type::Macro(_)) => Some(Taken::Value(ty.clone())),
                ty => {
                    sink.at(ty, format!("this is no message; {FORM}"));
                    None
                }
            }
        }
    }
}

/// Why the first parameter, `&event`, is surely no event: the context, or a dependency with the message behind it.
fn misplaced(signature: &Signature, event: &Type, output: Option<&Type>) -> Option<String> {
    let text = spans::text(event);
    if last_segment_is(event, "Context") {
        return Some("the context stands behind the message".to_owned());
    }
    if matches!(event, Type::TraitObject(_)) || is_wrapper(event) {
        return Some(format!("`&{text}` is no message"));
    }
    if !matches!(event, Type::Path(_)) {
        return None;
    }
    // What is answered is no event; and by value stands what is sent.
    let answers = output.and_then(|output| argument(output, "Result")).is_some_and(|value| !is_unit(value));
    let later = behind(signature)?;
    answers.then(|| format!("`&{text}` stands where the message stands, before `{}`", spans::text(later)))
}

/// What else is taken by value, and so may be the message.
fn behind(signature: &Signature) -> Option<&Type> {
    signature.inputs.iter().skip(1).find_map(|input| match input {
        FnArg::Typed(parameter) => {
            Some(peel(&parameter.ty)).filter(|ty| matches!(ty, Type::Path(_)) && !is_wrapper(ty))
        }
        FnArg::Receiver(_) => None,
    })
}

/// What a dependency stands in, and a message never does.
fn is_wrapper(ty: &Type) -> bool {
    ["Arc", "Box", "All", "Option", "Rc"].iter().any(|name| argument(ty, name).is_some())
}

/// A dependency, by a plain name.
pub(crate) fn injected(parameter: &FnArg, sink: &mut Sink) -> Option<Use> {
    match parameter {
        // Only the first can be one, and it is told there.
        FnArg::Receiver(_) => None,
        FnArg::Typed(parameter) => {
            plain_name(&parameter.pat, "dependency", sink);
            Use::parse(&parameter.ty, &parameter.attrs, Site::Parameter, sink)
        }
    }
}

fn plain_name(pattern: &Pat, what: &str, sink: &mut Sink) {
    match pattern {
        Pat::Ident(name) if name.subpat.is_none() && name.by_ref.is_none() => {}
        Pat::Wild(_) => {}
        pattern => {
            let _ = pattern.span();
            sink.at(pattern, format!("a {what} has a plain name here; take it apart in the body [PT0129]"));
        }
    }
}
