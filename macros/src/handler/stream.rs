//! The return type of a streaming handler: `impl Stream<Item = Result<Tick>> + Send`.

use syn::{AssocType, GenericArgument, PathArguments, PathSegment, Signature, Type, TypeImplTrait, TypeParamBound};

use crate::support::needs::peel;
use crate::support::sink::Sink;
use crate::support::spans;

/// How it is written.
const FORM: &str = "-> impl Stream<Item = Result<T>> + Send";

/// The type of an item, of a return type that is `impl Stream<Item = ..>`.
pub(crate) fn item(output: &Type) -> Option<&Type> {
    let Type::ImplTrait(stream) = peel(output) else { return None };
    bounds(stream).find(|segment| segment.ident == "Stream").and_then(item_of)
}

/// What the return type of a fn says of a stream: `Some` where it is one, or should have been; with the type of an item, if
/// it is one. Told: everything that is wrong with it.
pub(crate) fn read<'t>(signature: &Signature, output: &'t Type, sink: &mut Sink) -> Option<Option<&'t Type>> {
    let Type::ImplTrait(stream) = peel(output) else {
        if let Some(item) = streamed_by_result(output) {
            sink.at(
                item,
                format!("a stream is no part of a `Result`: leave `async` and `Result<..>` out and write `{FORM}`; what fails before the first item is the first item [PT0170]"),
            );
            return Some(None);
        }
        if !names_a_stream(output) && (signature.asyncness.is_some() || is_result(output)) {
            return None;
        }
        sink.at(
            output,
            format!("a handler is an `async fn`, or a plain fn that writes out what it streams, since the type of an item is read there: `{FORM}`, not an alias and not boxed [PT0170]"),
        );
        return Some(None);
    };
    let segment = bounds(stream).find(|segment| segment.ident == "Stream")?;
    if let Some(asyncness) = &signature.asyncness {
        sink.at(
            asyncness,
            format!(
                "a streaming handler is a plain fn: leave `async` out, `fn {}(..) {FORM}` [PT0170]",
                signature.ident
            ),
        );
    }
    if !bounds(stream).any(|segment| segment.ident == "Send") {
        sink.at(
            output,
            format!(
                "a stream goes where it is asked for, also to another thread: write `{} + Send` [PT0171]",
                spans::text(output)
            ),
        );
    }
    let item = item_of(segment);
    if item.is_none() {
        sink.at(output, format!("a stream says what its items are: `{FORM}` [PT0170]"));
    }
    Some(item)
}

fn bounds(stream: &TypeImplTrait) -> impl Iterator<Item = &PathSegment> {
    stream.bounds.iter().filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last(),
        _ => None,
    })
}

fn item_of(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(AssocType { ident, ty, .. }) if ident == "Item" => Some(ty),
        _ => None,
    })
}

fn is_result(ty: &Type) -> bool {
    matches!(peel(ty), Type::Path(path) if path.path.segments.last().is_some_and(|segment| segment.ident.to_string().ends_with("Result")))
}

/// `BoxStream<..>`, `Pin<Box<dyn Stream<..>>>`, `Streaming<T>`.
fn names_a_stream(ty: &Type) -> bool {
    match peel(ty) {
        Type::Path(path) => path.path.segments.last().is_some_and(|segment| {
            let name = segment.ident.to_string();
            name.ends_with("Stream")
                || name == "Streaming"
                || (name == "Pin" || name == "Box") && first(segment).is_some_and(names_a_stream)
        }),
        Type::TraitObject(object) => object.bounds.iter().any(|bound| {
            matches!(bound, TypeParamBound::Trait(bound) if bound.path.segments.last().is_some_and(|segment| segment.ident == "Stream"))
        }),
        _ => false,
    }
}

/// The stream in `Result<impl Stream<..>>` or `Result<Streaming<..>>`.
fn streamed_by_result(output: &Type) -> Option<&Type> {
    let Type::Path(path) = peel(output) else { return None };
    let inner = path.path.segments.last().filter(|segment| segment.ident == "Result").and_then(first)?;
    (names_a_stream(inner) || item(inner).is_some()).then_some(inner)
}

/// A stream in a box or in a `Result`, which is told.
pub(crate) fn is_wrapped(output: &Type) -> bool {
    names_a_stream(output) || streamed_by_result(output).is_some()
}

fn first(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
