//! Names that a person gives, in the forms that Rust writes them.

use crate::failure::{Failure, Result};

/// Strict and reserved words, and crates that a package of this name would hide.
const TAKEN: [&str; 64] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "partitura",
    "priv",
    "proc-macro",
    "proc_macro",
    "partitura_build",
    "serde_json",
    "pub",
    "ref",
    "return",
    "schemars",
    "self",
    "serde",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "tokio",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "union",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// A name: the words of it, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name(Vec<String>);

impl Name {
    /// Reads `open-account`, `open_account` or `OpenAccount`.
    pub(crate) fn read(text: &str) -> Result<Name> {
        let refuse = |why: &str| {
            let example = suggestion(text);
            Failure::usage(format!("`{text}` cannot be a name: {why}"))
                .fix(format!("letters, digits, `-` and `_`, a letter first: {example}"))
        };
        if text.is_empty() {
            return Err(refuse("it is empty"));
        }
        if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(refuse("it does not begin with a letter"));
        }
        if let Some(odd) = text.chars().find(|c| !(c.is_ascii_alphanumeric() || *c == '-' || *c == '_')) {
            return Err(refuse(&format!("it has a `{odd}`")));
        }
        let name = Name(words(text));
        if TAKEN.contains(&name.snake().as_str()) {
            return Err(refuse("Rust or Cargo means something else by it"));
        }
        Ok(name)
    }

    /// `open_account`
    pub(crate) fn snake(&self) -> String {
        self.0.join("_")
    }

    /// `open-account`
    pub(crate) fn kebab(&self) -> String {
        self.0.join("-")
    }

    /// `OpenAccount`
    pub(crate) fn camel(&self) -> String {
        self.0.iter().map(|word| capitalized(word)).collect()
    }

    /// `OPEN_ACCOUNT`
    pub(crate) fn screaming(&self) -> String {
        self.snake().to_uppercase()
    }

    /// `Open account`
    pub(crate) fn sentence(&self) -> String {
        capitalized(&self.0.join(" "))
    }
}

/// A word with a capital.
fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Splits at `-`, `_`, and before a capital that follows a small letter or begins a word: `HTTPServer` is `http`, `server`.
fn words(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let mut words = vec![String::new()];
    for (at, letter) in letters.iter().enumerate() {
        let after_small = at > 0 && (letters[at - 1].is_lowercase() || letters[at - 1].is_ascii_digit());
        let before_small = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if matches!(letter, '-' | '_') {
            words.push(String::new());
            continue;
        }
        if letter.is_uppercase() && (after_small || (at > 0 && before_small && letters[at - 1].is_uppercase())) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What the person may have meant.
fn suggestion(text: &str) -> String {
    let kept: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let kept = kept.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).trim_end_matches('-');
    match kept {
        "" => "my-app".to_owned(),
        word if TAKEN.contains(&word) => format!("my-{word}"),
        word => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_in_every_form_and_written_in_each() {
        for text in ["open-account", "open_account", "OpenAccount", "openAccount"] {
            let name = Name::read(text).unwrap();
            assert_eq!((name.snake(), name.camel()), ("open_account".to_owned(), "OpenAccount".to_owned()), "{text}");
        }
        let server = Name::read("HTTPServer2").unwrap();
        assert_eq!((server.kebab(), server.screaming()), ("http-server2".to_owned(), "HTTP_SERVER2".to_owned()));
        assert_eq!(Name::read("open-account").unwrap().sentence(), "Open account");
    }

    #[test]
    fn what_is_no_name_is_refused_with_one_that_is() {
        let told = |text: &str| Name::read(text).unwrap_err().to_string();
        assert!(told("3d shop").contains("does not begin with a letter") && told("3d shop").ends_with(": d-shop"));
        assert!(told("my shop").contains("it has a ` `") && told("my shop").ends_with(": my-shop"));
        assert!(told("crate").ends_with(": my-crate") && told("").ends_with(": my-app"));
        assert!(Name::read("Type").is_err() && Name::read("types").is_ok());
    }
}
