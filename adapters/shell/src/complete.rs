//! What Tab offers.

use partitura_runtime::app::describe::MessageDescription;
use partitura_runtime::input::shape::{Shape, kebab};
use partitura_runtime::line::help;

use crate::command;
use crate::names::{Names, base, first_line, kind, schema};
use crate::screen::Form;
use crate::typed::{Rest, Typed, Word, take_apart, words};

/// Something that can stand where the cursor is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// What is put into the line.
    pub(crate) text: String,
    /// What it is, for people: kind, type, docs.
    pub(crate) about: String,
}

impl Candidate {
    fn new(text: impl Into<String>, about: impl Into<String>) -> Self {
        Candidate { text: text.into(), about: about.into() }
    }
}

/// What can stand at the end of `line`, which is what stands before the cursor; and where it begins, in bytes.
pub(crate) fn complete(names: &Names, line: &str) -> (usize, Vec<Candidate>) {
    let split = words(line);
    if let Typed::Line { rest: Rest::Json(_), .. } = take_apart(line) {
        return (line.len(), Vec::new());
    }
    let nothing = Word { text: String::new(), start: line.len() };
    let (before, word) = match split.all.split_last() {
        Some((last, before)) if split.ends_in_word => (before, last),
        _ => (&split.all[..], &nothing),
    };
    let found = match before {
        [] => first(names, &word.text),
        // A backslash is taken for an escape by the words, which is as good.
        [name, ..] if command::is_one(&name.text) => argument(names, &name.text, before.len(), &word.text),
        [name, rest @ ..] => match names.send(&name.text) {
            Ok(message) => {
                let (start, found) = field(message, rest, word);
                // With a quote before the value, its place is another.
                return if line.is_char_boundary(start) { (start, found) } else { (line.len(), Vec::new()) };
            }
            Err(_) => Vec::new(),
        },
    };
    (word.start, found)
}

/// The name of a message, by the beginning of any of its parts; or of a command.
fn first(names: &Names, typed: &str) -> Vec<Candidate> {
    let commands = command::ALL.iter().filter(|command| command.name.starts_with(typed));
    let commands = commands.map(|command| Candidate::new(format!("{} ", command.name), command.does));
    messages(names, typed).chain(commands).collect()
}

/// Without case, unless a letter of it is a capital: `Co` is the beginning of `counter.Count` only by its last part.
fn messages<'n>(names: &'n Names, typed: &str) -> impl Iterator<Item = Candidate> + use<'n> {
    let (typed, has_case) = (typed.to_owned(), typed.chars().any(char::is_uppercase));
    let begins = move |message: &&MessageDescription| {
        let name = base(&message.name);
        let name = if has_case { name.to_owned() } else { name.to_lowercase() };
        let behind = name.match_indices('.').map(|(at, _)| at + 1);
        std::iter::once(0).chain(behind).any(|at| name[at..].starts_with(&typed))
    };
    names.sendable().filter(begins).map(|message| {
        let docs = first_line(&message.docs);
        Candidate::new(format!("{} ", base(&message.name)), format!("{}  {docs}", kind(message)).trim_end())
    })
}

/// What a command takes.
fn argument(names: &Names, command: &str, place: usize, typed: &str) -> Vec<Candidate> {
    let begins = |name: &&&str| name.starts_with(typed);
    match (command, place) {
        ("help" | "describe" | "ls", 1) => messages(names, typed).collect(),
        ("output", 1) => Form::NAMES.iter().filter(begins).map(|name| Candidate::new(format!("{name} "), "")).collect(),
        ("timeout", 1) => ["off"].iter().filter(begins).map(|name| Candidate::new(format!("{name} "), "")).collect(),
        _ => Vec::new(),
    }
}

/// A field that is not typed yet, or the value of one.
fn field(message: &MessageDescription, before: &[Word], word: &Word) -> (usize, Vec<Candidate>) {
    let shape = Shape::new(schema(message));
    let value = |flag: &str, typed: &str| -> Option<Vec<Candidate>> {
        let field = shape.field(shape.root(), flag)?;
        let kinds = shape.kinds(field.schema);
        let mut values = shape.names(field.schema);
        if let Some(items) = shape.items(field.schema).filter(|_| kinds.is_list()) {
            values.extend(shape.names(items));
        }
        if kinds.boolean {
            values.extend(["true", "false"]);
        }
        let values = values.into_iter().filter(|value| value.starts_with(typed));
        Some(values.map(|value| Candidate::new(format!("{} ", quoted(value)), "")).collect())
    };
    if let Some((flag, typed)) = word.text.strip_prefix("--").and_then(|flag| flag.split_once('=')) {
        return (word.start + "--=".len() + flag.len(), value(flag, typed).unwrap_or_default());
    }
    let flag = before.last().and_then(|last| last.text.strip_prefix("--")).filter(|flag| !flag.contains('='));
    if let Some(flag) = flag.filter(|_| !word.text.starts_with("--")) {
        let is_switch = shape.field(shape.root(), flag).is_some_and(|field| shape.kinds(field.schema).is_switch());
        if !is_switch || !word.text.is_empty() {
            return (word.start, value(flag, &word.text).unwrap_or_default());
        }
    }
    let is_typed = |name: &str| {
        let flags = before.iter().filter_map(|word| word.text.strip_prefix("--"));
        flags.map(|flag| flag.split('=').next().unwrap_or(flag)).any(|flag| flag == name || flag == kebab(name))
    };
    let rows = help::rows(&shape);
    let mut found = Vec::new();
    for field in shape.fields() {
        let kinds = shape.kinds(field.schema);
        if is_typed(field.name) && !kinds.is_list() {
            continue;
        }
        let name = format!("--{}", kebab(field.name));
        let Some([flag, words, docs]) = rows.iter().find(|[flag, ..]| *flag == name) else { continue };
        if flag.starts_with(&word.text) {
            found.push(Candidate::new(format!("{flag} "), format!("{words}  {docs}").trim_end()));
        }
    }
    for (flag, about) in [("--json", "the whole input, of a file"), ("--help", "the fields of the message")] {
        // Offered to those who ask for them, so that a message of one field needs one key.
        if word.text.len() > 2 && flag.starts_with(&word.text) && shape.field(shape.root(), &flag[2..]).is_none() {
            found.push(Candidate::new(format!("{flag} "), about));
        }
    }
    (word.start, found)
}

/// A value as a word.
fn quoted(value: &str) -> String {
    let is_plain = !value.is_empty()
        && !value.starts_with("--")
        && value.chars().all(|c| c.is_alphanumeric() || "_-.:/@+".contains(c));
    if is_plain { value.to_owned() } else { format!("'{}'", value.replace('\'', "'\\''")) }
}

/// The candidates with what they are, in columns; cut to what a line of a terminal has.
pub(crate) fn shown(candidates: &[Candidate], width: usize) -> Vec<String> {
    let widest = candidates.iter().map(|candidate| candidate.text.trim_end().chars().count()).max().unwrap_or(0);
    let line = |candidate: &Candidate| {
        let text = candidate.text.trim_end();
        let line =
            if candidate.about.is_empty() { text.to_owned() } else { format!("{text:widest$}  {}", candidate.about) };
        match line.char_indices().nth(width.saturating_sub(1)) {
            Some((end, _)) if width > 0 => format!("{}…", &line[..end]),
            _ => line,
        }
    };
    candidates.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn names() -> Names {
        let message = |name: &str, kind: &str, docs: &str, schema: serde_json::Value| {
            json!({
                "name": name, "kind": kind, "version": 1, "docs": docs, "local": false, "contract": false, "place": "x:1",
                "schema": schema, "handlers": [],
            })
        };
        let open = json!({
            "type": "object",
            "required": ["owner"],
            "properties": {
                "owner": { "type": "string", "description": "Whose it is." },
                "account_kind": { "$ref": "#/$defs/Kind" },
                "tags": { "type": "array", "items": { "type": "string" } },
                "kinds": { "type": "array", "items": { "$ref": "#/$defs/Kind" } },
                "joint": { "type": "boolean" },
                "limited": { "type": ["boolean", "string"] },
            },
            "$defs": { "Kind": { "oneOf": [
                { "type": "string", "enum": ["savings", "current"] },
                { "type": "string", "const": "of a child", "description": "With a guardian." },
            ] } },
        });
        let none = json!({ "type": "object", "properties": {} });
        let described = json!({
            "schema": "1.2",
            "application": { "name": "Bank", "version": "1.0.0", "env_prefix": "BANK", "place": "x:1" },
            "modules": [], "providers": [], "configuration": [],
            "messages": [
                message("accounts.CloseAccount", "command", "Closes one.", none.clone()),
                message("accounts.OpenAccount", "command", "Opens an account.\n\nMore.", open),
                message("accounts.Opened", "event", "", none.clone()),
                message("safes.OpenSafe", "command", "", none),
            ],
        });
        Names::new(serde_json::from_value(described).unwrap())
    }

    fn texts(line: &str) -> Vec<String> {
        complete(&names(), line).1.into_iter().map(|candidate| candidate.text).collect()
    }

    #[test]
    fn names_are_offered_by_the_beginning_of_any_part() {
        let (start, found) = complete(&names(), " op");
        assert_eq!(start, 1);
        assert_eq!(
            shown(&found, 60),
            ["accounts.OpenAccount  command  Opens an account.", "safes.OpenSafe        command",]
        );
        assert_eq!(texts("accounts.o"), ["accounts.OpenAccount "]);
        assert_eq!(texts("A"), Vec::<String>::new());
        assert_eq!(texts("accounts.O"), ["accounts.OpenAccount "]);
        assert_eq!(texts("he"), ["help "]);
        assert_eq!(texts("help clo"), ["accounts.CloseAccount "]);
        assert!(texts("zzz").is_empty());
        assert_eq!(texts("").len(), 3 + command::ALL.len());
    }

    #[test]
    fn fields_are_offered_that_are_not_typed_yet() {
        let all = ["--owner ", "--account-kind ", "--tags ", "--kinds ", "--joint ", "--limited "];
        assert_eq!(texts("accounts.OpenAccount "), all);
        assert_eq!(texts("OpenAccount --"), all);
        let left = ["--account-kind ", "--tags ", "--kinds ", "--joint ", "--limited "];
        assert_eq!(texts("OpenAccount --owner Ada --tags a --"), left);
        assert_eq!(texts("OpenAccount --owner=Ada --joint --o"), Vec::<String>::new());
        assert_eq!(texts("OpenAccount --acc"), ["--account-kind "]);
        assert_eq!(texts("OpenAccount --he"), ["--help "]);
        let (_, found) = complete(&names(), "OpenAccount --ow");
        assert_eq!(shown(&found, 80), ["--owner  required, string  Whose it is."]);
    }

    #[test]
    fn values_are_offered_where_the_schema_names_them() {
        assert_eq!(texts("OpenAccount --account-kind "), ["savings ", "current ", "'of a child' "]);
        assert_eq!(texts("OpenAccount --account_kind s"), ["savings "]);
        assert_eq!(texts("OpenAccount --kinds c"), ["current "]);
        assert_eq!(complete(&names(), "OpenAccount --account-kind=sa").0, "OpenAccount --account-kind=".len());
        assert_eq!(texts("OpenAccount --limited "), ["true ", "false "]);
        // A switch needs no value, so that fields follow.
        assert!(texts("OpenAccount --joint ").contains(&"--owner ".to_owned()));
        assert_eq!(texts("OpenAccount --joint f"), ["false "]);
        assert!(texts("OpenAccount --owner ").is_empty());
        assert_eq!(texts("output t"), ["table "]);
        assert!(texts("OpenAccount {\"ow").is_empty());
        assert!(texts("Opne --").is_empty());
    }

    #[test]
    fn what_is_shown_fits_the_terminal() {
        let found = [Candidate::new("a ", "äöü")];
        assert_eq!(shown(&found, 5), ["a  ä…"]);
        assert_eq!(shown(&found, 0), ["a  äöü"]);
    }

    proptest! {
        #[test]
        fn any_line_can_be_completed(line in "(OpenAccount|help|accounts\\.|\\\\)?[ -~äß漢]{0,40}") {
            let names = names();
            let (start, _) = complete(&names, &line);
            prop_assert!(line.is_char_boundary(start), "{line:?} at {start}");
            let _ = crate::secret::keep(&names, &line);
        }
    }
}
