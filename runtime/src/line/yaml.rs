//! A JSON value as YAML, which readers of YAML 1.2 and of 1.1 take for the same value.
//!
//! What a reader might take for something else than a text (`no`, `1_000`, a date) is quoted as in JSON, which is YAML as well.

use std::fmt::Write;

use serde_json::{Number, Value};

/// Words that some reader takes for no text.
const WORDS: [&str; 11] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "inf", "nan"];

/// The document, without a line break at its end.
pub(super) fn document(value: &Value) -> String {
    let mut text = String::new();
    block(&mut text, value, 0);
    text.trim_start_matches('\n').to_owned()
}

/// One element of a list of the document, without a line break at its end.
pub(super) fn element(value: &Value) -> String {
    document(&Value::Array(vec![value.clone()]))
}

/// Behind `-` or `key:`: a scalar on the same line, all else below.
fn block(text: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Array(all) if !all.is_empty() => {
            for one in all {
                line(text, &indent, "-");
                match one {
                    // `- key: value`, the others below the key.
                    Value::Object(fields) if !fields.is_empty() => {
                        let mut inner = String::new();
                        block(&mut inner, one, depth + 1);
                        text.push(' ');
                        text.push_str(inner.trim_start_matches('\n').trim_start_matches(' '));
                    }
                    Value::Array(all) if !all.is_empty() => block(text, one, depth + 1),
                    scalar => behind(text, scalar, depth),
                }
            }
        }
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                line(text, &indent, &format!("{}:", plain_or_quoted(key)));
                match value {
                    Value::Array(all) if !all.is_empty() => block(text, value, depth + 1),
                    Value::Object(fields) if !fields.is_empty() => block(text, value, depth + 1),
                    scalar => behind(text, scalar, depth),
                }
            }
        }
        scalar => text.push_str(&flow(scalar)),
    }
}

fn line(text: &mut String, indent: &str, start: &str) {
    // A write to a `String` does not fail.
    let _ = write!(text, "\n{indent}{start}");
}

/// A scalar, or a text of several lines as it stands.
fn behind(text: &mut String, value: &Value, depth: usize) {
    match value.as_str().and_then(lines) {
        None => {
            text.push(' ');
            text.push_str(&flow(value));
        }
        Some((mark, lines)) => {
            text.push_str(mark);
            let indent = "  ".repeat(depth + 1);
            for own in lines {
                text.push('\n');
                if !own.is_empty() {
                    text.push_str(&indent);
                    text.push_str(own);
                }
            }
        }
    }
}

/// The lines of a text that a literal block can say, and what stands before it.
fn lines(text: &str) -> Option<(&'static str, Vec<&str>)> {
    let (mark, own) = match text.strip_suffix('\n') {
        Some(own) => (" |", own),
        None => (" |-", text),
    };
    let is_plain = |c: char| c == '\n' || (!c.is_control() && !is_special(c));
    let begins = own.starts_with(|c: char| !c.is_whitespace());
    let ends = own.ends_with(|c: char| !c.is_whitespace());
    (own.contains('\n') && begins && ends && own.chars().all(is_plain)).then(|| (mark, own.split('\n').collect()))
}

/// On one line.
fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => plain_or_quoted(text),
        Value::Number(number) => self::number(number),
        Value::Array(_) => "[]".to_owned(),
        Value::Object(_) => "{}".to_owned(),
        other => other.to_string(),
    }
}

/// YAML 1.1 wants a dot in a number with an exponent, and a sign.
fn number(number: &Number) -> String {
    let text = number.to_string();
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let dot = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
    format!("{mantissa}{dot}e{sign}{exponent}")
}

fn plain_or_quoted(text: &str) -> String {
    let first = text.starts_with(|c: char| c.is_alphabetic());
    let last = !text.ends_with(' ');
    let all = text.chars().all(|c| c.is_alphanumeric() || " _./()-,;'?!".contains(c));
    if first && last && all && !WORDS.contains(&text.to_ascii_lowercase().as_str()) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control() || is_special(c) => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// What some reader takes for the end of a line, for nothing, or for an error.
fn is_special(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Value {
        serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    #[test]
    fn it_reads_well() {
        let value = json!({
            "sku": "tea", "price": 350, "big": 1e300, "sold": null, "tags": ["green", "no", "1_000", ""], "none": [], "of": {},
            "maker": { "name": "Ann O'Neil", "since": "2020-01-01" },
            "lines": [{ "sku": "a", "more": { "x": [1, 2] } }, [1, [2]], "two\nlines"],
            "text": "first\n  second: yes\n\nlast\n",
        });
        let expect = "\
sku: tea
price: 350
big: 1.0e+300
sold: null
tags:
  - green
  - \"no\"
  - \"1_000\"
  - \"\"
none: []
of: {}
maker:
  name: Ann O'Neil
  since: \"2020-01-01\"
lines:
  - sku: a
    more:
      x:
        - 1
        - 2
  -
    - 1
    -
      - 2
  - |-
    two
    lines
text: |
  first
    second: yes

  last";
        assert_eq!(document(&value), expect);
        assert_eq!(read(expect), value);
        assert_eq!(document(&json!("a\nb")), "\"a\\nb\"");
        assert_eq!(element(&json!({ "a": 1, "b": 2 })), "- a: 1\n  b: 2");
    }

    fn values() -> impl Strategy<Value = Value> {
        let texts = prop_oneof![
            any::<String>(),
            "[ -~\n]{0,12}",
            "[a-zA-Z0-9:#\\-'\"{}&*!|>%@`., \n]{0,10}",
            prop::sample::select(vec![
                "yes", "~", "0x1f", "1e3", ".inf", "=", "<<", "- a", "a: b", "12:30:45", "---", "..."
            ])
            .prop_map(str::to_owned),
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e12..1e12).prop_map(Value::from),
            texts.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((texts.clone(), inner), 0..5)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same_value(value in values()) {
            let text = document(&value);
            prop_assert_eq!(read(&text), value, "{}", text);
        }
    }
}
