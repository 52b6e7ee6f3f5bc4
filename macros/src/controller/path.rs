//! The path of a method, and whether what the method takes from it is there.

use proc_macro2::Ident;
use syn::{LitStr, Type};

use crate::route::path as grammar;
use crate::support::needs::{argument, peel};
use crate::support::sink::Sink;
use crate::support::spans;

/// The whole path: prefix and own; and whether it is one.
pub(super) fn whole(prefix: &str, own: Option<&LitStr>, method: &Ident, sink: &mut Sink) -> (LitStr, bool) {
    let mut is_fine = true;
    let text = own.map(LitStr::value).filter(|text| text != "/").unwrap_or_default();
    let span = own.map_or_else(|| method.span(), LitStr::span);
    if let Some(own) = own.filter(|_| !text.is_empty()) {
        is_fine = grammar::check(own, sink);
        let names = grammar::names(&text);
        if let Some(name) = grammar::names(prefix).into_iter().find(|name| names.contains(name)) {
            sink.at(
                own,
                format!("`{text}` is no path of a route: `{{{name}}}` is in the prefix `{prefix}` already [PT0400]"),
            );
            is_fine = false;
        }
    }
    let whole = format!("{prefix}{text}");
    let whole = if whole.is_empty() { "/".to_owned() } else { whole };
    (LitStr::new(&whole, span), is_fine)
}

/// Extractors that leave the path alone; one that is not among them may read it.
const ELSEWHERE: &[&str] = &[
    "Json",
    "Query",
    "Form",
    "String",
    "Bytes",
    "HeaderMap",
    "Multipart",
    "Method",
    "Version",
    "Extension",
    "State",
    "RawQuery",
    "RawForm",
    "ConnectInfo",
];

/// Compares the names in the path with what the method takes of it.
pub(super) fn check(whole: &LitStr, fn_name: &Ident, values: &[&Type], sink: &mut Sink) {
    let names = grammar::names(&whole.value());
    let paths: Vec<&Type> = values.iter().copied().filter_map(held).collect();
    for ty in &paths {
        fits(&names, &whole.value(), ty, sink);
    }
    let may_read = !paths.is_empty() || values.iter().any(|ty| !names_one_of(ty, ELSEWHERE));
    if !may_read && let [first, others @ ..] = names.as_slice() {
        let fields = names.iter().map(|name| format!("`{{{name}}}`")).collect::<Vec<_>>().join(" and ");
        let (taken, verb) = match others.is_empty() {
            true => (format!("Path({first}): Path<..>"), "is"),
            false => (format!("Path(({})): Path<({})>", names.join(", "), vec![".."; names.len()].join(", ")), "are"),
        };
        sink.at(
            whole,
            format!("{fields} {verb} taken by no parameter of `{fn_name}`: add `{taken}`, or leave it out of the path [PT0422]"),
        );
    }
}

/// The type in `Path<..>`.
fn held(ty: &Type) -> Option<&Type> {
    argument(argument(ty, "Option").unwrap_or(ty), "Path").map(peel)
}

fn fits(names: &[String], path: &str, ty: &Type, sink: &mut Sink) {
    let text = spans::text(ty);
    if names.is_empty() {
        sink.at(
            ty,
            format!("`{path}` has no field that this parameter could take: write one into it, as `{{id}}` [PT0422]"),
        );
        return;
    }
    match ty {
        Type::Tuple(tuple) if tuple.elems.len() != names.len() => {
            let fields = names.iter().map(|name| format!("`{{{name}}}`")).collect::<Vec<_>>().join(", ");
            let how_many = |number: usize, what: &str| match number {
                1 => format!("1 {what}"),
                number => format!("{number} {what}s"),
            };
            sink.at(
                ty,
                format!(
                    "`{path}` has {}, {fields}, and `{text}` takes {} [PT0422]",
                    how_many(names.len(), "field"),
                    how_many(tuple.elems.len(), "value")
                ),
            );
        }
        Type::Tuple(tuple) => tuple.elems.iter().for_each(|ty| segment(peel(ty), sink)),
        Type::Path(_) if names_one_of(ty, SCALARS) && names.len() > 1 => {
            let fields = names.join(", ");
            sink.at(
                ty,
                format!("`{path}` has {} fields, and `{text}` is one value: take a tuple, `Path(({fields})): Path<({})>` [PT0422]", names.len(), vec![".."; names.len()].join(", ")),
            );
        }
        ty => segment(ty, sink),
    }
}

/// Told: what one segment of a path cannot be.
fn segment(ty: &Type, sink: &mut Sink) {
    let many = names_one_of(ty, MANY) || matches!(ty, Type::Array(_) | Type::Slice(_));
    if many || matches!(ty, Type::Reference(_)) {
        let why = match ty {
            Type::Reference(_) => "is borrowed, and a request is gone when its method runs: own it, as `String`",
            _ => "holds several values, and a segment of a path is one: take it from the query or the body",
        };
        sink.at(ty, format!("`{}` {why} [PT0431]", spans::text(ty)));
    }
}

const SCALARS: &[&str] = &[
    "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
    "f64", "String", "Uuid",
];

const MANY: &[&str] = &["Vec", "VecDeque", "HashSet", "BTreeSet", "LinkedList", "BinaryHeap"];

pub(super) fn names_one_of(ty: &Type, names: &[&str]) -> bool {
    matches!(peel(ty), Type::Path(path) if path.path.segments.last().is_some_and(|segment| names.iter().any(|name| segment.ident == name)))
}
