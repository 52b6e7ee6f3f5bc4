//! Whether a line may be kept.

use partitura_runtime::input::is_secret;
use partitura_runtime::input::shape::Shape;
use serde_json::Value;

use crate::command;
use crate::names::{Names, schema};
use crate::typed::{Rest, Typed, take_apart, words};

/// Where a line may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// In the file.
    File,
    /// As long as the shell runs: the name was mistyped, perhaps that of a message with a secret.
    Here,
    /// Nowhere: it holds a secret.
    Nowhere,
}

/// Where `line` may be kept. In doubt, less: of a message that has secret fields, one field that is not known is enough.
pub(crate) fn keep(names: &Names, line: &str) -> Keep {
    let Typed::Line { name, is_command, rest } = take_apart(line) else { return Keep::Here };
    if is_command || (command::is_one(name) && !name.contains('.')) {
        return Keep::File;
    }
    let given = given(rest);
    if given.iter().any(|name| is_secret(name)) {
        return Keep::Nowhere;
    }
    let Ok(message) = names.send(name) else {
        return if given.is_empty() { Keep::File } else { Keep::Here };
    };
    let mut known = Known::default();
    known.see(&Shape::new(schema(message)), schema(message), 0);
    let is_public = |name: &String| {
        known.public.iter().any(|own| same(own, name)) && !known.secret.iter().any(|own| same(own, name))
    };
    let is_keepable = known.secret.is_empty() || given.iter().all(is_public);
    if is_keepable { Keep::File } else { Keep::Nowhere }
}

/// The names of the fields that stand in a line, at any depth; where JSON does not parse, of what looks like names.
fn given(rest: Rest<'_>) -> Vec<String> {
    match rest {
        Rest::Words(text) => {
            let mut names = Vec::new();
            for word in words(text).all {
                match word.text.strip_prefix("--") {
                    Some(flag) => {
                        let (flag, value) = flag.split_once('=').unwrap_or((flag, ""));
                        names.extend(flag.split('.').map(str::to_owned));
                        names.extend(strings(value));
                    }
                    None => names.extend(strings(&word.text)),
                }
            }
            names
        }
        Rest::Json(text) => strings(text),
    }
}

/// The keys in a text that is JSON, or was meant to be: all strings with a colon behind them.
fn strings(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut parts = text.split('"').skip(1).peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_some_and(|next| next.trim_start().starts_with(':')) {
            names.push(part.to_owned());
        }
    }
    names
}

/// `first-name` and `first_name` are one.
fn same(one: &str, other: &str) -> bool {
    let spelled = |name: &str| name.replace('-', "_").to_lowercase();
    spelled(one) == spelled(other)
}

/// The fields of a message, at every depth.
#[derive(Default)]
struct Known<'s> {
    secret: Vec<&'s str>,
    public: Vec<&'s str>,
}

impl<'s> Known<'s> {
    fn see(&mut self, shape: &Shape<'s>, schema: &'s Value, depth: usize) {
        // Recursive types have no end, and what is deeper has the same names.
        if depth > 8 || self.public.len() > 1000 {
            return;
        }
        for field in shape.fields_of(schema) {
            let list = if shape.is_secret(&field) { &mut self.secret } else { &mut self.public };
            if list.contains(&field.name) {
                continue;
            }
            list.push(field.name);
            self.see(shape, field.schema, depth + 1);
            if let Some(items) = shape.items(field.schema) {
                self.see(shape, items, depth + 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_with_secrets_are_not_kept() {
        let login = json!({ "type": "object", "properties": {
            "user_name": { "type": "string" },
            "pin": { "type": "string", "writeOnly": true },
            "card": { "type": "object", "properties": { "number": { "type": "string", "format": "password" } } },
        } });
        let message = |name: &str, schema: Value| {
            json!({
                "name": name, "kind": "command", "version": 1, "docs": "", "local": false, "contract": false, "place": "x:1",
                "schema": schema, "handlers": [],
            })
        };
        let open = json!({ "type": "object", "properties": { "owner": { "type": "string" } } });
        let described = json!({
            "schema": "1.2",
            "application": { "name": "Bank", "version": "1.0.0", "env_prefix": "BANK", "place": "x:1" },
            "modules": [], "providers": [], "configuration": [],
            "messages": [message("auth.Login", login), message("accounts.Open", open)],
        });
        let names = Names::new(serde_json::from_value(described).unwrap());
        for (line, expected) in [
            ("accounts.Open --owner Ada", Keep::File),
            ("accounts.Open --onwer Ada", Keep::File),
            ("accounts.Open --password x", Keep::Nowhere),
            ("accounts.Open {\"owner\": \"pin\"}", Keep::File),
            ("auth.Login --user-name ada", Keep::File),
            ("auth.Login --user_name ada --pin 1234", Keep::Nowhere),
            ("Login --pin=1234", Keep::Nowhere),
            ("auth.Login --pni 1234", Keep::Nowhere),
            ("auth.Login {\"user_name\": \"ada\", \"pin\" : \"1\"", Keep::Nowhere),
            ("auth.Login --card.number 1", Keep::Nowhere),
            ("auth.Login --card '{\"number\": 1}'", Keep::Nowhere),
            ("auth.Logni --pin 1234", Keep::Here),
            ("auth.Logni --api-token 1234", Keep::Nowhere),
            ("auth.Logni", Keep::File),
            ("help auth.Login", Keep::File),
            ("\\ls pin", Keep::File),
        ] {
            assert_eq!(keep(&names, line), expected, "{line}");
        }
    }
}
