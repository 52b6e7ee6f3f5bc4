//! From a value to the line that stands for it, and a value to begin with: the example of `--help`.

use serde_json::{Map, Value};

use super::fields::{Target, resolve};
use crate::input::given;
use crate::input::shape::{Shape, kebab};

/// Objects in objects are filled to this depth; recursive ones have no end.
const DEEP: usize = 6;

/// The arguments that stand for `value`, which [`parse`](super::parse) reads back; none if only `--json` can say it.
pub fn arguments(shape: &Shape<'_>, value: &Value) -> Option<Vec<String>> {
    let mut arguments = Vec::new();
    for (name, value) in value.as_object()? {
        field(shape, &kebab(name), std::slice::from_ref(name), value, &mut arguments)?;
    }
    Some(arguments)
}

/// The flags of what stands at `path`, and which the flag `name` shall mean.
fn field(shape: &Shape<'_>, name: &str, path: &[String], value: &Value, arguments: &mut Vec<String>) -> Option<()> {
    let Target { path: meant, schema, .. } = resolve(shape, name);
    let schema = schema.filter(|_| meant == path)?;
    if name.contains('=') || name == "help" {
        return None;
    }
    let kinds = shape.kinds(schema);
    if let (Value::Object(fields), false) = (value, shape.fields_of(schema).is_empty())
        && !fields.is_empty()
    {
        let before = arguments.len();
        let all = fields.iter().try_for_each(|(key, value)| {
            let path = [path, std::slice::from_ref(key)].concat();
            field(shape, &format!("{name}.{}", kebab(key)), &path, value, arguments)
        });
        if all.is_some() {
            return Some(());
        }
        arguments.truncate(before);
    }
    if let (Value::Array(all), true) = (value, kinds.is_list()) {
        let texts: Option<Vec<String>> = all.iter().map(|one| text_of(shape, schema, one)).collect();
        if let Some(texts) = texts.filter(|texts| !texts.is_empty()) {
            texts.into_iter().for_each(|text| push(name, text, arguments));
            return Some(());
        }
        let whole = value.to_string();
        let is_read = given::elements(shape, schema, &whole) == *all;
        return is_read.then(|| push(name, whole, arguments));
    }
    let texts = value.as_str().map(str::to_owned).into_iter().chain([value.to_string()]);
    let mut read = texts.filter(|text| given::parse(shape, schema, text) == *value);
    push(name, read.next()?, arguments);
    Some(())
}

/// The text of one element of a list.
fn text_of(shape: &Shape<'_>, list: &Value, one: &Value) -> Option<String> {
    let mut texts = one.as_str().map(str::to_owned).into_iter().chain([one.to_string()]);
    // The schema of the list is a part of the shape's, whose lifetime is longer than is needed here.
    texts.find(|text| given::elements(shape, list, text) == std::slice::from_ref(one))
}

fn push(name: &str, text: String, arguments: &mut Vec<String>) {
    // One that begins with a dash would be read as a flag.
    if text.starts_with('-') || text.is_empty() {
        arguments.push(format!("--{name}={text}"));
    } else {
        arguments.extend([format!("--{name}"), text]);
    }
}

/// The arguments as a shell takes them.
pub fn quoted(arguments: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    let word = |argument: &String| match !argument.is_empty() && argument.chars().all(plain) {
        true => argument.clone(),
        false => format!("'{}'", argument.replace('\'', "'\\''")),
    };
    arguments.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// A value with all that is required, which keeps the rules as far as the schema says them; none if that cannot be made up.
pub fn example(shape: &Shape<'_>) -> Option<Value> {
    let value = object(shape, shape.root(), DEEP)?;
    crate::input::explain(shape.root(), &value).is_empty().then_some(value)
}

fn object<'s>(shape: &Shape<'s>, schema: &'s Value, deep: usize) -> Option<Value> {
    let mut fields = Map::new();
    for field in shape.fields_of(schema).into_iter().filter(|field| field.required) {
        fields.insert(field.name.to_owned(), sample(shape, field.name, field.schema, deep.checked_sub(1)?)?);
    }
    Some(Value::Object(fields))
}

fn sample<'s>(shape: &Shape<'s>, name: &str, schema: &'s Value, deep: usize) -> Option<Value> {
    let examples = shape.keyword(schema, "examples").and_then(Value::as_array).and_then(|all| all.first());
    if let Some(given) = examples.or_else(|| schema.get("default")).filter(|given| !given.is_null()) {
        return Some(given.clone());
    }
    if let Some(choice) = shape.choices(schema).first() {
        return Some(Value::from(*choice));
    }
    let kinds = shape.kinds(schema);
    let bound = |keyword: &str| shape.keyword(schema, keyword).and_then(Value::as_f64);
    if kinds.string {
        return text(shape, name, schema).map(Value::from);
    }
    if kinds.integer || kinds.number {
        let least = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|least| least + 1.0));
        let most = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|most| most - 1.0));
        let step = bound("multipleOf").unwrap_or(1.0);
        let wanted = step.max(least.unwrap_or(step)).min(most.unwrap_or(f64::MAX));
        #[expect(clippy::cast_possible_truncation, reason = "it saturates, and the schema is asked again")]
        return Some(if wanted.fract() == 0.0 { Value::from(wanted as i64) } else { Value::from(wanted) });
    }
    if kinds.boolean {
        return Some(Value::Bool(true));
    }
    if kinds.array {
        let item = shape.items(schema)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most three")]
        let number = bound("minItems").unwrap_or(1.0).clamp(1.0, 3.0) as usize;
        let one = sample(shape, name, item, deep.checked_sub(1)?)?;
        return Some(Value::Array(vec![one; number]));
    }
    if kinds.object {
        return object(shape, schema, deep);
    }
    Some(Value::from("some"))
}

/// A text that the rules of the field take.
fn text<'s>(shape: &Shape<'s>, name: &str, schema: &'s Value) -> Option<String> {
    let said = |keyword: &str| shape.keyword(schema, keyword);
    let length = |keyword: &str| said(keyword).and_then(Value::as_u64).and_then(|length| usize::try_from(length).ok());
    let formatted = match said("format").and_then(Value::as_str) {
        Some("email") => Some("ada@example.org"),
        Some("uri" | "url") => Some("https://example.org"),
        Some("uuid") => Some("67e55044-10b1-426f-9247-bb680e5fe0c8"),
        Some("date") => Some("2026-01-31"),
        Some("date-time") => Some("2026-01-31T12:00:00Z"),
        Some("time") => Some("12:00:00Z"),
        Some("ipv4" | "ip") => Some("127.0.0.1"),
        Some("ipv6") => Some("::1"),
        _ => None,
    };
    let lower = name.to_ascii_lowercase();
    let person = ["name", "owner", "author", "user"].iter().any(|word| lower.contains(word));
    let own = format!("some-{}", kebab(name));
    let usual = if person { "Ada" } else { own.as_str() };
    let mut tries: Vec<String> =
        [formatted.unwrap_or(usual), &own, "abc", "ABC", "a1", "A1", "1", "12345", "AB-123", "a@b.c"]
            .map(str::to_owned)
            .to_vec();
    let (least, most) = (length("minLength").unwrap_or(0), length("maxLength").unwrap_or(usize::MAX));
    for own in &mut tries {
        let letters = own.chars().count();
        if letters < least {
            let more: String = own.chars().cycle().take(least.min(1_000).saturating_sub(letters)).collect();
            own.push_str(&more);
        }
        *own = own.chars().take(most).collect();
    }
    let pattern = said("pattern").and_then(Value::as_str);
    match pattern.map(regex::Regex::new) {
        None => tries.into_iter().next(),
        Some(Ok(pattern)) => tries.into_iter().find(|own| pattern.is_match(own)),
        Some(Err(_)) => None,
    }
}
