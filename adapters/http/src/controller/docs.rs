//! What a document says of a method, asked of its types: data, of which somebody else makes the document.

use std::marker::PhantomData;

use futures_util::stream::Stream;
use partitura_runtime::input::schema_of;
use partitura_runtime::input::shape::Shape;
use partitura_runtime::message::Outcome;
use partitura_runtime::route::names;
use schemars::JsonSchema;
use serde_json::Value;

use super::{Accepted, Created, Download, Events, Form, Json, Lines, NoContent, Path, Query};

/// What a document says of a method of a controller.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct MethodDocs {
    /// What is known of each parameter that is a value.
    pub inputs: &'static [Option<Known>],
    /// What is known of the answer; nothing of one that only axum knows.
    pub output: Option<fn() -> Output>,
}

impl MethodDocs {
    /// Nothing.
    pub const NONE: MethodDocs = MethodDocs { inputs: &[], output: None };

    /// Of the parameters and of the answer.
    pub const fn new(inputs: &'static [Option<Known>], output: Option<fn() -> Output>) -> Self {
        MethodDocs { inputs, output }
    }

    /// The inputs that are known.
    pub fn inputs(&self) -> impl Iterator<Item = Input> + '_ {
        self.inputs.iter().flatten().map(|known| (known.input)())
    }
}

/// A parameter of which something is known, and how all of it is asked for.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Known {
    /// Where it is read from.
    pub source: Source,
    /// All of it.
    pub input: fn() -> Input,
}

/// A parameter that is read from a request.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Input {
    /// Where from.
    pub source: Source,
    /// Its JSON Schema.
    pub schema: Value,
    /// Whether it must be there.
    pub required: bool,
    /// Whether fields that it does not name are refused: by our own extractors.
    pub strict: bool,
}

/// Where a parameter is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The names in the path: one value, a tuple (`prefixItems`) or an object.
    Path,
    /// The query: an object.
    Query,
    /// The body, of this media type.
    Body(&'static str),
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Output {
    /// Its status.
    pub status: u16,
    /// Its media type; none if it has no body.
    pub media: Option<&'static str>,
    /// The JSON Schema of it, or of one item of a stream.
    pub schema: Option<Value>,
    /// Whether it says a `Location`.
    pub location: bool,
}

impl Output {
    fn json<T: JsonSchema>(status: u16) -> Output {
        Output { status, media: Some("application/json"), schema: Some(schema_of::<T>()), location: false }
    }

    fn plain(status: u16, media: Option<&'static str>) -> Output {
        Output { status, media, schema: None, location: false }
    }
}

/// What a parameter of type `T` is read from.
pub struct InputOf<T>(PhantomData<fn() -> T>);

impl<T: Told> InputOf<T> {
    /// As its type says.
    pub const INPUT: Option<Known> = Some(Known { source: T::SOURCE, input: T::input });
}

/// Of every other type.
pub trait NoInput {
    /// Nothing is known.
    const INPUT: Option<Known> = None;
}

impl<T> NoInput for InputOf<T> {}

/// What an answer of type `R` is.
pub struct OutputOf<R>(PhantomData<fn() -> R>);

impl<R: Tells> OutputOf<R> {
    /// As its type says.
    pub const OUTPUT: Option<fn() -> Output> = Some(R::output);
}

/// Of every other type.
pub trait NoOutput {
    /// Nothing is known.
    const OUTPUT: Option<fn() -> Output> = None;
}

impl<R> NoOutput for OutputOf<R> {}

/// In a type that is only asked, what stands for `impl Stream<Item = T>`.
pub struct Streamed<T>(PhantomData<fn() -> T>);

impl<T> Stream for Streamed<T> {
    type Item = T;

    fn poll_next(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<Option<T>> {
        std::task::Poll::Ready(None)
    }
}

/// A parameter of which something is known.
pub trait Told {
    /// Where it is read from.
    const SOURCE: Source;

    /// What.
    fn input() -> Input;
}

macro_rules! told {
    ($($extractor:ty, $source:expr, $strict:literal;)*) => {$(
        impl<T: JsonSchema> Told for $extractor {
            const SOURCE: Source = $source;

            fn input() -> Input {
                Input { source: $source, schema: schema_of::<T>(), required: true, strict: $strict }
            }
        }
    )*};
}

told! {
    Path<T>, Source::Path, true;
    axum::extract::Path<T>, Source::Path, false;
    Query<T>, Source::Query, true;
    axum::extract::Query<T>, Source::Query, false;
    Json<T>, Source::Body("application/json"), true;
    axum::Json<T>, Source::Body("application/json"), false;
    Form<T>, Source::Body("application/x-www-form-urlencoded"), true;
    axum::Form<T>, Source::Body("application/x-www-form-urlencoded"), false;
}

impl<T: Told> Told for Option<T> {
    const SOURCE: Source = T::SOURCE;

    fn input() -> Input {
        Input { required: false, ..T::input() }
    }
}

/// An answer of which something is known.
pub trait Tells {
    /// What.
    fn output() -> Output;
}

macro_rules! tells {
    ($([$($generics:tt)*] $answer:ty, $output:expr;)*) => {$(
        impl<$($generics)*> Tells for $answer {
            fn output() -> Output {
                $output
            }
        }
    )*};
}

tells! {
    [T: JsonSchema] Json<T>, Output::json::<T>(200);
    [T: JsonSchema] axum::Json<T>, Output::json::<T>(200);
    [T: JsonSchema] Created<T>, Output { location: true, ..Output::json::<T>(201) };
    [T: JsonSchema] Accepted<T>, Output::json::<T>(202);
    [] NoContent, Output::plain(204, None);
    [] (), Output::plain(200, None);
    [] String, Output::plain(200, Some("text/plain; charset=utf-8"));
    [] &'static str, Output::plain(200, Some("text/plain; charset=utf-8"));
    [] Download, Output::plain(200, Some("application/octet-stream"));
    [S: Stream<Item: Outcome<Value: JsonSchema>>] Events<S>,
        Output { media: Some("text/event-stream"), ..Output::json::<<S::Item as Outcome>::Value>(200) };
    [S: Stream<Item: Outcome<Value: JsonSchema>>] Lines<S>,
        Output { media: Some("application/x-ndjson"), ..Output::json::<<S::Item as Outcome>::Value>(200) };
    [T: Tells, E] Result<T, E>, T::output();
}

/// What is wrong between the names in a path and the fields of the struct that a method takes of it. The compiler sees only
/// values and tuples.
pub(crate) fn mistakes(path: &str, docs: &MethodDocs) -> Vec<String> {
    let mut told = Vec::new();
    for known in docs.inputs.iter().flatten().filter(|known| known.source == Source::Path) {
        let schema = (known.input)().schema;
        let shape = Shape::new(&schema);
        let fields = shape.fields();
        if fields.is_empty() || shape.others(&schema).is_some() {
            continue;
        }
        let names: Vec<&str> = names(path).collect();
        let lacking = fields.iter().filter(|field| field.required && !names.contains(&field.name));
        told.extend(
            lacking.map(|field| format!("`{path}` has no `{{{}}}`, which its method takes [PT0422]", field.name)),
        );
        let unread = names.iter().filter(|name| fields.iter().all(|field| field.name != **name));
        told.extend(
            unread.map(|name| format!("`{{{name}}}` of `{path}` is no field of what its method takes [PT0422]")),
        );
    }
    told
}
