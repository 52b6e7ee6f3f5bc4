//! What travels owns its data: what is read from an input cannot be borrowed for as long as the program runs.

use syn::{Data, DeriveInput, Type};

use crate::support::needs::{argument, owned_text, peel};
use crate::support::serde::Serde;
use crate::support::sink::Sink;
use crate::support::spans;
use crate::validate::is_converted;

/// Tells the fields that serde would have to borrow. Those that it does not read, or reads as another type, may be anything.
pub(super) fn check(attribute: &str, input: &DeriveInput, sink: &mut Sink) {
    if is_converted(&input.attrs) {
        return;
    }
    match &input.data {
        Data::Struct(data) => fields(attribute, &data.fields, sink),
        Data::Enum(data) => {
            for variant in &data.variants {
                if !Serde::read(&variant.attrs).skip && !is_converted(&variant.attrs) {
                    fields(attribute, &variant.fields, sink);
                }
            }
        }
        Data::Union(_) => {}
    }
}

fn fields(attribute: &str, fields: &syn::Fields, sink: &mut Sink) {
    for field in fields {
        if Serde::read(&field.attrs).skip || is_converted(&field.attrs) {
            continue;
        }
        if let Some(owned) = owned(&field.ty) {
            sink.at(
                &field.ty,
                format!("a message that travels owns its data: write `{owned}`, or `#[{attribute}(local)]` if it never leaves the process [PT0132]"),
            );
        }
    }
}

/// The same type without the `&'static` in it; `None` if there is none. One without a lifetime, or with one of the message's, is
/// told elsewhere.
fn owned(ty: &Type) -> Option<String> {
    const AROUND: &[&str] = &["Option", "Box", "Vec", "VecDeque", "BTreeSet", "HashSet"];
    match peel(ty) {
        Type::Reference(reference)
            if reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static") =>
        {
            Some(match peel(&reference.elem) {
                Type::Slice(slice) => {
                    format!("Vec<{}>", owned(&slice.elem).unwrap_or_else(|| spans::text(&slice.elem)))
                }
                other => owned(other).unwrap_or_else(|| owned_text(other)),
            })
        }
        ty => AROUND.iter().find_map(|name| Some(format!("{name}<{}>", owned(argument(ty, name)?)?))),
    }
}
