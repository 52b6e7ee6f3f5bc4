//! A method of a controller: what its attributes and its header say.

use proc_macro2::{Ident, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{
    Attribute, Expr, FnArg, GenericArgument, GenericParam, LitStr, PathArguments, ReturnType, Safety, Token, Type,
    TypeImplTrait, TypeParamBound, Visibility,
};

use super::access::Access;
use super::block::{self, KEYS, arguments};
use super::{Common, layers, path, route_of};
use crate::support::function::docs;
use crate::support::keys::{Keys, milliseconds};
use crate::support::needs::{Site, Use, argument, peel};
use crate::support::sink::Sink;
use crate::support::spans;

/// A method on one route.
pub(super) struct Method {
    pub(super) name: Ident,
    pub(super) docs: String,
    pub(super) method: Ident,
    pub(super) path: LitStr,
    pub(super) access: Option<Access>,
    pub(super) timeout_ms: u64,
    /// Outermost first.
    pub(super) layers: Vec<Expr>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) output: Type,
    pub(super) is_async: bool,
}

#[derive(Clone)]
pub(super) enum Parameter {
    /// Taken from the request.
    Value(Box<Type>),
    /// Injected.
    Use(Box<Use>),
}

/// The routes of a fn; none of a helper. Told: everything that is wrong with it.
pub(super) fn read(function: &block::Method, common: &Common, sink: &mut Sink) -> Vec<Method> {
    let routes: Vec<(&Attribute, &Ident)> =
        function.attributes.iter().filter_map(|attribute| Some((attribute, route_of(attribute)?))).collect();
    if routes.is_empty() {
        unrouted(function, sink);
        return Vec::new();
    }
    shape(function, sink);
    let signature = &function.signature;
    let parameters: Vec<Parameter> = signature.inputs.iter().filter_map(|input| parameter(input, sink)).collect();
    let values: Vec<&Type> = signature
        .inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Typed(input) if is_value(&input.ty) => Some(&*input.ty),
            _ => None,
        })
        .collect();
    let output = match &signature.output {
        ReturnType::Type(_, ty) => (**ty).clone(),
        ReturnType::Default => syn::parse_quote!(()),
    };
    streams(&output, sink);
    error_is_text(&output, sink);
    let docs = docs(&function.attributes);
    routes
        .into_iter()
        .map(|(attribute, method)| {
            let (own, rest) = own_path(arguments(attribute, sink), method, sink);
            let keys = Keys::parse(&format!("#[{method}]"), KEYS, rest, sink);
            let (whole, is_fine) = path::whole(&common.prefix, own.as_ref(), method, sink);
            if is_fine {
                path::check(&whole, &signature.ident, &values, sink);
            }
            bodiless(method, &values, sink);
            let own_timeout = keys.text("timeout").map(|text| milliseconds(text, sink));
            Method {
                name: signature.ident.clone(),
                docs: docs.clone(),
                method: method.clone(),
                path: whole,
                access: Access::read(&keys, sink).or_else(|| common.access.clone()),
                timeout_ms: own_timeout.unwrap_or(common.timeout_ms),
                layers: common.layers.iter().cloned().chain(layers(&keys, sink)).collect(),
                parameters: parameters.clone(),
                output: output.clone(),
                is_async: signature.asyncness.is_some(),
            }
        })
        .collect()
}

/// The text in front of the keys.
fn own_path(tokens: TokenStream, method: &Ident, sink: &mut Sink) -> (Option<LitStr>, TokenStream) {
    let mut own = None;
    let mut rest = TokenStream::new();
    let parser = |input: ParseStream<'_>| {
        if input.peek(LitStr) {
            own = Some(input.parse::<LitStr>()?);
            if !input.is_empty() && input.parse::<Token![,]>().is_err() {
                return Err(input.error(format!(
                    "behind the path come keys, with `,` between: `#[{method}(\"/{{id}}\", public)]` [PT0122]"
                )));
            }
        }
        rest = input.parse()?;
        Ok(())
    };
    let parsed = Parser::parse2(parser, tokens);
    sink.take(parsed);
    (own, rest)
}

/// Extractors that everybody knows by their names.
const EXTRACTORS: &[&str] = &[
    "Json",
    "Path",
    "Query",
    "Form",
    "HeaderMap",
    "Multipart",
    "RawQuery",
    "RawForm",
    "RawPathParams",
    "MatchedPath",
    "OriginalUri",
    "ConnectInfo",
    "Bytes",
    "Extension",
];

/// Told: what looks like a route and has none.
fn unrouted(function: &block::Method, sink: &mut Sink) {
    let signature = &function.signature;
    let Some(FnArg::Receiver(_)) = signature.inputs.first() else { return };
    let extracts = signature
        .inputs
        .iter()
        .any(|input| matches!(input, FnArg::Typed(input) if path::names_one_of(&input.ty, EXTRACTORS)));
    let is_open = !matches!(function.visibility, Visibility::Inherited);
    let may_stay = !is_open || signature.asyncness.is_none();
    if !extracts && may_stay {
        return;
    }
    let name = &signature.ident;
    let example = match signature.inputs.len() {
        1 => "#[get]".to_owned(),
        _ => "#[get(\"/..\")]".to_owned(),
    };
    sink.at(
        name,
        format!("`{name}` looks like a route and says none: put `{example}` or its like on it; if nobody is to reach it by a request, put it into an `impl` block without `#[controller]`{} [PT0428]", if is_open && !extracts { ", or make it private" } else { "" }),
    );
}

/// What no method of a route can be.
fn shape(function: &block::Method, sink: &mut Sink) {
    let signature = &function.signature;
    let name = &signature.ident;
    if !matches!(signature.safety, Safety::Default) {
        sink.at(&signature.safety, "a route is called by safe code: its method cannot be `unsafe` [PT0427]");
    }
    if let Some(token) = &signature.variadic {
        sink.at(token, "a route has a fixed list of parameters [PT0427]");
    }
    for parameter in &signature.generics.params {
        match parameter {
            GenericParam::Lifetime(lifetime) => {
                sink.at(lifetime, "references in a route need no lifetimes of their own: leave them out [PT0427]");
            }
            parameter => sink.at(
                parameter,
                format!("a request does not say a type, so a route has no type parameters: write `{name}` for one type, which may call a generic helper [PT0427]"),
            ),
        }
    }
    for attribute in function.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")) {
        sink.at(
            attribute,
            "a route under `cfg` stands in an `impl` block of its own, with `#[cfg(..)] #[controller(..)]` on the block [PT0427]",
        );
    }
    match signature.inputs.first() {
        Some(FnArg::Receiver(receiver)) => {
            let shared = spans::text(receiver);
            if shared != "&self" {
                sink.at(receiver, "a controller is shared by all requests: its methods take `&self`, and what changes guards itself, with a `Mutex` or an atomic [PT0427]");
            }
        }
        _ => sink.at(name, format!("a route is a method of its controller: write `{name}(&self, ..)` [PT0427]")),
    }
}

/// Told: a stream that could not be sent when its method is over.
fn streams(output: &Type, sink: &mut Sink) {
    let Some(stream) = stream_in(output) else { return };
    let (mut is_send, mut is_own) = (false, false);
    for bound in &stream.bounds {
        match bound {
            TypeParamBound::Trait(bound) => {
                is_send |= bound.path.segments.last().is_some_and(|segment| segment.ident == "Send");
            }
            TypeParamBound::Lifetime(lifetime) => is_own |= lifetime.ident == "static",
            TypeParamBound::PreciseCapture(_) => is_own = true,
            _ => {}
        }
    }
    if !is_send || !is_own {
        let more = match (is_send, is_own) {
            (true, _) => "'static",
            (_, true) => "Send",
            _ => "Send + 'static",
        };
        sink.at(
            stream,
            format!("a stream is sent when its method is over, by any thread, and owns what it is made of: write `{} + {more}` [PT0171]", spans::text(stream)),
        );
    }
}

/// Told: an error that is a text. Axum makes an answer of it, with the status 200.
fn error_is_text(output: &Type, sink: &mut Sink) {
    let Type::Path(path) = peel(output) else { return };
    let Some(last) = path.path.segments.last().filter(|last| last.ident == "Result") else { return };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return };
    let Some(GenericArgument::Type(error)) = arguments.args.iter().nth(1) else { return };
    let text = match error {
        Type::Reference(reference) => &*reference.elem,
        own => own,
    };
    if path::names_one_of(text, &["String", "str"]) {
        sink.at(
            error,
            format!("an error that is a text would be answered with status 200: answer `Result<..>` with `Error::not_found(\"..\")` or its like, an enum with `#[derive(Problem)]`, or `(StatusCode, {})` [PT0425]", spans::text(error)),
        );
    }
}

/// Told: a body of what only reads. Browsers and proxies send none.
fn bodiless(method: &Ident, values: &[&Type], sink: &mut Sink) {
    if !(method == "get" || method == "head") {
        return;
    }
    for ty in values.iter().filter(|ty| path::names_one_of(ty, &["Json", "Multipart"])) {
        sink.at(
            ty,
            format!("`{}` takes the body, and a request by `{method}` has none: take it from the query, `Query<..>`, or write `#[post(..)]` [PT0424]", spans::text(ty)),
        );
    }
}

/// `impl Stream<..>` in `Events<..>`, in `Result<Events<..>>`.
fn stream_in(ty: &Type) -> Option<&TypeImplTrait> {
    match peel(ty) {
        Type::ImplTrait(stream) if crate::handler::item(ty).is_some() => Some(stream),
        Type::Path(path) => path.path.segments.iter().find_map(|segment| match &segment.arguments {
            PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => stream_in(ty),
                _ => None,
            }),
            _ => None,
        }),
        _ => None,
    }
}

fn parameter(input: &FnArg, sink: &mut Sink) -> Option<Parameter> {
    let FnArg::Typed(input) = input else { return None };
    let ty = peel(&input.ty);
    if let Type::Reference(reference) = ty
        && reference.mutability.is_none()
        && path::names_one_of(&reference.elem, EXTRACTORS)
    {
        let text = spans::text(&reference.elem);
        sink.at(
            ty,
            format!(
                "`{text}` is read from the request, so it is this method's own: take it by value, `{text}` [PT0426]"
            ),
        );
        return None;
    }
    if let Some(state) = argument(ty, "State") {
        let text = spans::text(peel(state));
        sink.at(ty, format!("a controller has no state of a router: what it needs is injected, `&{text}` [PT0423]"));
        return None;
    }
    if let Type::ImplTrait(_) = ty {
        sink.at(ty, "a parameter of a route is of one type: an extractor by value, or a dependency by reference, `&dyn Trait` [PT0427]");
        return None;
    }
    if !is_value(ty) {
        return Use::parse(ty, &input.attrs, Site::Parameter, sink).map(|it| Parameter::Use(Box::new(it)));
    }
    if let Some(named) = input.attrs.iter().find(|attribute| attribute.path().is_ident("named")) {
        let _ = named.span();
        sink.at(named, "`#[named]` picks one of several providers: take it as `&T`, or keep it as `Arc<T>` [PT0125]");
    }
    Some(Parameter::Value(Box::new(ty.clone())))
}

/// What is taken by value is an extractor; the other forms are those of dependencies.
fn is_value(ty: &Type) -> bool {
    let ty = peel(ty);
    if matches!(ty, Type::Reference(_)) || argument(ty, "Arc").is_some() || argument(ty, "All").is_some() {
        return false;
    }
    match argument(ty, "Option").map(peel) {
        Some(inner) => !matches!(inner, Type::Reference(_)) && argument(inner, "Arc").is_none(),
        None => true,
    }
}
