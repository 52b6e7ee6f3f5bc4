//! What stands behind the name of a message.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::iter::Peekable;
use std::vec::IntoIter;

use serde_json::Value;

use super::mistakes::did_you_mean;
use super::output::{OUTPUT, Output};
use crate::input::given;
use crate::input::shape::{Shape, kebab};

/// The parsed rest of the line.
#[derive(Debug, Default)]
pub struct Line {
    /// In the order given.
    pub(crate) fields: Vec<Given>,
    /// What no decoder will see, in words of the command line.
    pub mistakes: Vec<String>,
    /// `--json`, unless it is a field.
    pub json: Option<String>,
    /// Flags that are the caller's own and no fields, without their dashes, in the order given.
    pub own: Vec<(String, String)>,
    /// `--help`
    pub help: bool,
}

/// A field that was given.
#[derive(Debug, PartialEq)]
pub(crate) struct Given {
    /// As typed, for messages: `--first-name`.
    pub(crate) flag: String,
    /// Where in the input: `["first_name"]`, `["lines", "0", "sku"]`.
    pub(crate) path: Vec<String>,
    /// Which parts of the path are numbers of elements.
    pub(crate) elements: BTreeSet<usize>,
    /// The value, or the elements of a list, which further ones join.
    pub(crate) value: Content,
}

/// What a flag gives.
#[derive(Debug, PartialEq)]
pub(crate) enum Content {
    One(Value),
    Some(Vec<Value>),
    /// A flag without the value that it needs, which is told already: no second line for it.
    Nothing,
}

/// Parses what stands behind the name. A field of the message wins over `--json` and over a flag of the caller's `own`, which can
/// still be given before the name; only `--help` is always help.
pub fn parse(shape: &Shape<'_>, arguments: Vec<OsString>, own: &[&str]) -> Line {
    let mut line = Line::default();
    let mut rest = Vec::new();
    for argument in arguments {
        match argument.into_string() {
            Ok(argument) => rest.push(argument),
            Err(argument) => line.mistakes.push(format!("`{}`: is not Unicode", argument.to_string_lossy())),
        }
    }
    let mut rest = rest.into_iter().peekable();
    while let Some(argument) = rest.next() {
        match argument.strip_prefix("--") {
            Some("help") => line.help = true,
            Some("") => line.mistakes.push("`--`: is not needed here, all that follows are fields".to_owned()),
            Some(flag) => match flag.split_once('=') {
                Some((name, text)) => line.flag(shape, name, Some(text.to_owned()), &mut rest, own),
                None => line.flag(shape, flag, None, &mut rest, own),
            },
            None if argument == "-h" => line.help = true,
            None => {
                line.mistakes.push(stray(shape, &argument));
                // The value of `-n Ada` is no second mistake.
                if argument.starts_with('-') && !argument.contains('=') {
                    rest.next_if(|next| !next.starts_with('-'));
                }
            }
        }
    }
    line
}

impl Line {
    /// Takes [`OUTPUT`] out of the caller's own flags, the last one; one of no known form is a mistake.
    pub fn output(&mut self) -> Option<Output> {
        let mut chosen = None;
        let (forms, own): (Vec<_>, Vec<_>) = self.own.drain(..).partition(|(flag, _)| flag == OUTPUT);
        self.own = own;
        for (_, form) in forms {
            match Output::named(&form) {
                Some(form) => chosen = Some(form),
                None => self.mistakes.push(format!("--output: {}", Output::refused(&form))),
            }
        }
        chosen
    }

    fn flag(
        &mut self,
        shape: &Shape<'_>,
        name: &str,
        text: Option<String>,
        rest: &mut Peekable<IntoIter<String>>,
        own: &[&str],
    ) {
        let Target { path, elements, schema } = resolve(shape, name);
        let flag = format!("--{name}");
        let kinds = schema.map(|schema| shape.kinds(schema));
        let next = |rest: &mut Peekable<IntoIter<String>>| rest.next_if(|next| !next.starts_with("--"));
        if schema.is_none() && (name == "json" || own.contains(&name)) {
            match text.or_else(|| next(rest)) {
                Some(text) if name == "json" => self.json = Some(text),
                Some(text) => self.own.push((name.to_owned(), text)),
                None => self.mistakes.push(format!("{flag}: needs a value")),
            }
            return;
        }
        let value = match (text.or_else(|| next(rest)), schema, kinds) {
            (Some(text), Some(schema), Some(kinds)) if kinds.is_list() => {
                Content::Some(given::elements(shape, schema, &text))
            }
            (Some(text), Some(schema), _) => Content::One(given::parse(shape, schema, &text)),
            // The decoder says that it is unknown, or takes it under another name.
            (Some(text), None, _) => Content::One(Value::String(text)),
            (None, Some(_), Some(kinds)) if kinds.is_switch() => Content::One(Value::Bool(true)),
            (None, None, _) => Content::One(Value::Bool(true)),
            (None, Some(schema), _) => {
                let follows = rest.peek().map(|next| format!("; one that begins with `--` is written {flag}={next}"));
                let words = shape.words(schema);
                self.mistakes.push(format!("{flag}: needs a value ({words}){}", follows.unwrap_or_default()));
                self.fields.push(Given { flag, path, elements, value: Content::Nothing });
                return;
            }
        };
        self.fields.push(Given { flag, path, elements, value });
    }
}

/// What a flag names.
pub(super) struct Target<'s> {
    pub(super) path: Vec<String>,
    pub(super) elements: BTreeSet<usize>,
    /// None of what is no field.
    pub(super) schema: Option<&'s Value>,
}

/// The field that a flag names, through the objects and lists on the way, and its schema if there is one.
pub(super) fn resolve<'s>(shape: &Shape<'s>, name: &str) -> Target<'s> {
    // A field may have a dot in its own name.
    if let Some(field) = shape.field(shape.root(), name) {
        return Target { path: vec![field.name.to_owned()], elements: BTreeSet::new(), schema: Some(field.schema) };
    }
    let mut target = Target { path: Vec::new(), elements: BTreeSet::new(), schema: Some(shape.root()) };
    for part in name.split('.') {
        let field = target.schema.and_then(|schema| shape.field(schema, part));
        let element = || {
            let is_number = part.parse::<usize>().is_ok_and(|number| number.to_string() == part);
            target.schema.filter(|schema| is_number && shape.kinds(schema).array)
        };
        target.schema = match (field, element()) {
            (Some(field), _) => Some(field.schema),
            (None, Some(list)) => {
                target.elements.insert(target.path.len());
                // Of a tuple the decoder knows what each is.
                Some(shape.items(list).unwrap_or(&Value::Bool(true)))
            }
            (None, None) => target.schema.and_then(|schema| shape.others(schema)),
        };
        target.path.push(field.map_or(part, |field| field.name).to_owned());
    }
    target
}

/// Something that is no flag.
fn stray(shape: &Shape<'_>, argument: &str) -> String {
    let fields = shape.fields();
    let names = || fields.iter().map(|field| kebab(field.name));
    if let Some((name, text)) = argument.split_once('=')
        && let Some(field) = shape.field(shape.root(), name)
    {
        return format!("`{argument}`: write --{}={text}", kebab(field.name));
    }
    if let Some(short) = argument.strip_prefix('-') {
        let name = short.split('=').next().unwrap_or_default();
        let near: Vec<String> = names().filter(|own| !name.is_empty() && own.starts_with(name)).collect();
        return format!("`{argument}`: a field is written with two dashes{}", did_you_mean(&near));
    }
    match fields.iter().find(|field| field.required).or_else(|| fields.first()) {
        Some(field) => format!("`{argument}`: a field goes by its name, as in --{} {argument}", kebab(field.name)),
        None => format!("`{argument}`: this message has no fields"),
    }
}
