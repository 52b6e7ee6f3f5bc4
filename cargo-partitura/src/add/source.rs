//! Rust text that gets a line, or an entry of a list, and stays as it is elsewhere. Whatever is not understood is left alone: the
//! answer is none.

use std::ops::Range;

/// The text with `line`, which declares the module `name`, beside the other declarations, by the alphabet.
pub(super) fn with_module(text: &str, name: &str, line: &str) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let declared = |at: usize| -> Option<&str> {
        let line = lines[at].trim_end();
        let rest = line.strip_prefix("pub ").or(line.strip_prefix("pub(crate) ")).unwrap_or(line);
        let name = rest.strip_prefix("mod ")?.strip_suffix(';')?;
        // One with an attribute is a special one, and what stands behind it might get lost.
        let is_plain = at == 0 || !lines[at - 1].trim_start().starts_with("#[");
        is_plain.then_some(name)
    };
    if (0..lines.len()).any(|at| declared(at) == Some(name)) {
        return None;
    }
    let all: Vec<usize> = (0..lines.len()).filter(|at| declared(*at).is_some()).collect();
    let at = match all.as_slice() {
        [] => before_the_application(&lines)?,
        [first, ..] => {
            let group = all.iter().enumerate().take_while(|(number, at)| **at == first + number).map(|(_, at)| *at);
            let group: Vec<usize> = group.collect();
            let later = group.iter().copied().find(|at| declared(*at).is_some_and(|other| other > name));
            later.unwrap_or(group[group.len() - 1] + 1)
        }
    };
    let gap = if all.is_empty() { "\n" } else { "" };
    let changed = [&lines[..at].concat(), line, "\n", gap, &lines[at..].concat()].concat();
    still_parses(text, &changed)
}

/// The line at which `partitura::app!` or `module!` begins, with the comments directly above it.
fn before_the_application(lines: &[&str]) -> Option<usize> {
    const MACROS: [&str; 4] = ["partitura::app!", "partitura::module!", "app!", "module!"];
    let mut at = lines.iter().position(|line| MACROS.iter().any(|name| line.starts_with(name)))?;
    while at > 0 && (lines[at - 1].starts_with("///") || lines[at - 1].starts_with("// ")) {
        at -= 1;
    }
    Some(at)
}

/// The one `app!` outside of tests: the name of the application, and the text between its braces.
pub(super) struct App {
    pub(super) name: String,
    body: Range<usize>,
    mask: String,
}

/// Finds it.
pub(super) fn app(text: &str) -> Option<App> {
    let mask = mask(text);
    let mut found = None;
    for (at, _) in mask.match_indices("app!") {
        let is_word = mask[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let depth = mask[..at].matches(['{', '(']).count() as isize - mask[..at].matches(['}', ')']).count() as isize;
        if is_word || depth != 0 {
            continue;
        }
        let open = at + mask[at..].find('{')?;
        let close = closing(&mask, open)?;
        if found.replace(open + 1..close).is_some() {
            return None;
        }
    }
    let outer = found?;
    let head = mask[outer.clone()].find('{')? + outer.start;
    let name = mask[outer.start..head].split_whitespace().last()?.to_owned();
    let body = head + 1..closing(&mask, head)?;
    Some(App { name, body, mask })
}

impl App {
    /// The text with one more entry in the list `key`; the list is added if there is none.
    pub(super) fn with(&self, text: &str, key: &str, entry: &str) -> Option<String> {
        let changed = match self.list(key) {
            Some(list) => with_entry(text, &self.mask, &list, entry)?,
            None => {
                let modules = self.list("modules")?;
                let end = modules.end + 1;
                format!("{}, {key}: [{entry}]{}", &text[..end], &text[end..])
            }
        };
        still_parses(text, &changed)
    }

    /// What stands between the brackets of `key: [..]`.
    fn list(&self, key: &str) -> Option<Range<usize>> {
        let body = &self.mask[self.body.clone()];
        let (at, _) = body.match_indices(key).find(|(at, _)| {
            let before = body[..*at].trim_end();
            let behind = body[at + key.len()..].trim_start();
            (before.is_empty() || before.ends_with(',')) && behind.starts_with(':')
        })?;
        let open = self.body.start + at + body[at..].find('[')?;
        let between = self.mask[self.body.start + at + key.len()..open].trim();
        (between == ":").then_some(open + 1..closing(&self.mask, open)?)
    }
}

/// Behind the last entry: on its line, or on a line of its own where each has one.
fn with_entry(text: &str, mask: &str, list: &Range<usize>, entry: &str) -> Option<String> {
    let inner = &mask[list.clone()];
    if inner.split(',').any(|other| other.trim() == entry) {
        return None;
    }
    let end = list.start + inner.trim_end().len();
    let (before, behind) = (&text[..end], &text[end..]);
    if inner.trim().is_empty() {
        return Some(format!("{}{entry}{}", &text[..list.start], &text[list.end..]));
    }
    let comma = if before.ends_with(',') { "" } else { "," };
    if inner.contains('\n') {
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let indent: String = text[line..].chars().take_while(|c| c.is_whitespace() && *c != '\n').collect();
        return Some(format!("{before}{comma}\n{indent}{entry},{behind}"));
    }
    Some(format!("{before}{comma} {entry}{behind}"))
}

/// A folder that `folder!` declares, and whether its files run in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Folder {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) runs: bool,
}

/// All of a file.
pub(super) fn folders(text: &str) -> Vec<Folder> {
    let mask = mask(text);
    let read = |at: usize| -> Option<Folder> {
        let open = at + mask[at..].find('(')?;
        let inner = open + 1..closing(&mask, open)?;
        let (name, rest) = text[inner].split_once('=')?;
        let path = rest.trim_start().strip_prefix('"')?;
        let (path, keys) = path.split_once('"')?;
        let name = name.split_whitespace().last()?.to_owned();
        let runs = keys.split(',').any(|key| key.trim().starts_with("orchestrate"));
        Some(Folder { name, path: path.to_owned(), runs })
    };
    mask.match_indices("folder!").filter_map(|(at, _)| read(at)).collect()
}

/// Where the bracket at `open` is closed.
fn closing(mask: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in mask[open..].char_indices() {
        match letter {
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(open + at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The text with spaces in the place of comments and literals, byte for byte.
fn mask(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut mask = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let end = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("r#\"") || rest.starts_with("r\"") {
            let hashes = rest[1..].bytes().take_while(|byte| *byte == b'#').count();
            let close = format!("\"{}", "#".repeat(hashes));
            let open = 2 + hashes;
            rest[open..].find(&close).map_or(rest.len(), |end| open + end + close.len())
        } else if rest.starts_with('"') {
            string_end(rest)
        } else if let Some(behind) = rest.strip_prefix('\'') {
            // A literal, or a lifetime.
            let letter = behind.chars().next().map_or(0, char::len_utf8);
            match behind.strip_prefix('\\') {
                Some(escape) => escape.find('\'').map_or(1, |end| end + 3),
                None if behind[letter..].starts_with('\'') => letter + 2,
                None => 0,
            }
        } else {
            0
        };
        if end == 0 {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        }
        for byte in &mut mask[at..at + end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at += end;
    }
    // Whole literals are gone, so what is left is as valid as it was.
    String::from_utf8(mask).unwrap_or_default()
}

fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A text that was Rust has to be Rust still.
fn still_parses(before: &str, after: &str) -> Option<String> {
    (syn::parse_file(before).is_ok() && syn::parse_file(after).is_ok()).then(|| after.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn module(before: &str, after: &str) {
        assert_eq!(with_module(before, "orders", "mod orders;").as_deref(), Some(after));
    }

    #[test]
    fn a_module_is_declared_beside_the_others_by_the_alphabet() {
        module("mod apple;\nmod pear;\n\nfn main() {}\n", "mod apple;\nmod orders;\nmod pear;\n\nfn main() {}\n");
        module(
            "//! X.\n\nmod apple;\n\n#[cfg(test)]\nmod tests;\n",
            "//! X.\n\nmod apple;\nmod orders;\n\n#[cfg(test)]\nmod tests;\n",
        );
        module(
            "//! X.\n\n/// The shop.\npartitura::app! { pub Shop { modules: [] } }\n",
            "//! X.\n\nmod orders;\n\n/// The shop.\npartitura::app! { pub Shop { modules: [] } }\n",
        );
    }

    #[test]
    fn what_is_not_understood_is_left_alone() {
        assert_eq!(with_module("fn main() {}\n", "orders", "mod orders;"), None);
        assert_eq!(with_module("mod orders;\n", "orders", "mod orders;"), None);
        assert_eq!(with_module("mod a;\nthis is no Rust\n", "orders", "mod orders;"), None);
        assert!(app("mod tests { partitura::app! { T { modules: [] } } }").is_none(), "one of a test");
        assert!(app("partitura::app! { A { modules: [] } }\npartitura::app! { B { modules: [] } }").is_none(), "two");
        assert!(app("// partitura::app! { A { modules: [] } }\nfn f() { \"app! { A {} }\"; }").is_none());
    }

    #[track_caller]
    fn listed(before: &str, key: &str, after: &str) {
        assert_eq!(app(before).unwrap().with(before, key, "orders").as_deref(), Some(after));
    }

    #[test]
    fn an_entry_is_added_in_the_form_of_the_others() {
        listed(
            "partitura::app! { pub Shop { modules: [] } }",
            "modules",
            "partitura::app! { pub Shop { modules: [orders] } }",
        );
        listed(
            "app! { Shop { modules: [crate, a], require: authorization } }",
            "modules",
            "app! { Shop { modules: [crate, a, orders], require: authorization } }",
        );
        listed(
            "app! {\n    Shop {\n        modules: [\n            a, // ] one\n            b,\n        ],\n    }\n}",
            "modules",
            "app! {\n    Shop {\n        modules: [\n            a, // ] one\n            b,\n            orders,\n        ],\n    }\n}",
        );
        listed("app! { S { modules: [a] } }", "behaviors", "app! { S { modules: [a], behaviors: [orders] } }");
        listed(
            "app! { S { modules: [a], behaviors: [Tracing] } }",
            "behaviors",
            "app! { S { modules: [a], behaviors: [Tracing, orders] } }",
        );
        let twice = "app! { S { modules: [orders] } }";
        assert_eq!(app(twice).unwrap().with(twice, "modules", "orders"), None);
        assert_eq!(app(twice).unwrap().name, "S");
    }

    #[test]
    fn folders_are_read() {
        let text =
            "partitura::folder!(pub models = \"src/models\", orchestrate, strict);\nfolder!(pages = \"src/pages\");";
        let folder = |name: &str, path: &str, runs| Folder { name: name.to_owned(), path: path.to_owned(), runs };
        assert_eq!(folders(text), [folder("models", "src/models", true), folder("pages", "src/pages", false)]);
    }
}
