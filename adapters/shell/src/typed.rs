//! A line as it was typed: its words, and whether it goes on in the next.
//!
//! Words are split here and not by a library for shells: the editor asks where the word begins in which the cursor stands, also while
//! its quote is open.

/// A word, without its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    /// Where it begins in the line, in bytes.
    pub(crate) start: usize,
}

/// The words of a line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) all: Vec<Word>,
    /// A quote is open, or a backslash is the last character.
    pub(crate) is_open: bool,
    /// The line ends within its last word, and not behind it.
    pub(crate) ends_in_word: bool,
}

/// Splits as a shell does: white space between words, `'..'` as it stands, `".."` with `\"` and `\\`, `\` before a single character; a
/// backslash at the end of a line is a break that counts for nothing.
pub(crate) fn words(text: &str) -> Words {
    let mut words = Words::default();
    let mut word: Option<Word> = None;
    let mut quote = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        match (quote, char) {
            (Some(open), _) if char == open => quote = None,
            (Some('"'), '\\') if chars.peek().is_some_and(|(_, next)| matches!(next, '"' | '\\')) => {
                push(&mut word, at, chars.next().map(|(_, next)| next));
            }
            (Some(_), _) => push(&mut word, at, Some(char)),
            (None, '\\') => match chars.next() {
                Some((_, '\n')) => {}
                Some((_, next)) => push(&mut word, at, Some(next)),
                None => words.is_open = true,
            },
            (None, '\'' | '"') => {
                quote = Some(char);
                push(&mut word, at, None);
            }
            (None, _) if char.is_whitespace() => words.all.extend(word.take()),
            (None, _) => push(&mut word, at, Some(char)),
        }
    }
    words.is_open |= quote.is_some();
    words.ends_in_word = word.is_some();
    words.all.extend(word);
    words
}

fn push(word: &mut Option<Word>, at: usize, char: Option<char>) {
    word.get_or_insert_with(|| Word { text: String::new(), start: at }).text.extend(char);
}

/// A line, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Typed<'t> {
    /// Nothing, or a comment.
    Nothing,
    /// A name, and what stands behind it.
    Line {
        /// A message or a command.
        name: &'t str,
        /// A backslash stood before it: no message is meant.
        is_command: bool,
        rest: Rest<'t>,
    },
}

/// What stands behind a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest<'t> {
    /// Words: `--owner Ada`.
    Words(&'t str),
    /// A value as JSON, which begins with a bracket.
    Json(&'t str),
}

/// Takes a line apart; lines, if it goes on over several.
pub(crate) fn take_apart(text: &str) -> Typed<'_> {
    let text = text.trim();
    if text.is_empty() || text.starts_with('#') {
        return Typed::Nothing;
    }
    let (text, is_command) = match text.strip_prefix('\\') {
        Some(text) => (text, true),
        None => (text, false),
    };
    // `bank.Open{"owner": "Ada"}` is as good as with a space.
    let end = text.find(|char: char| char.is_whitespace() || char == '{').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let rest = rest.trim_start();
    let rest = if rest.starts_with(['{', '[']) { Rest::Json(rest) } else { Rest::Words(rest) };
    Typed::Line { name, is_command, rest }
}

/// Whether the text goes on in the next line: a bracket of its JSON or a quote is open.
pub(crate) fn goes_on(text: &str) -> bool {
    Scan::of(text).is_some_and(|scan| scan.is_open())
}

/// What is open at the end of a text that comes line by line: each is looked at once.
pub(crate) struct Scan {
    /// JSON, or words.
    is_json: bool,
    /// Of JSON: all is closed, or can never be.
    is_over: bool,
    depth: usize,
    quote: Option<char>,
    is_escaped: bool,
}

impl Scan {
    /// Of a first line; none if that is nothing.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let Typed::Line { rest, .. } = take_apart(text) else { return None };
        let is_json = matches!(rest, Rest::Json(_));
        let mut scan = Scan { is_json, is_over: false, depth: 0, quote: None, is_escaped: false };
        match rest {
            Rest::Json(text) => scan.feed(text),
            // Untrimmed: a backslash at the end counts, and not when a space is behind it.
            Rest::Words(_) => scan.feed(text.trim_start().trim_start_matches('\\')),
        }
        Some(scan)
    }

    /// Goes on with more text.
    pub(crate) fn feed(&mut self, text: &str) {
        for char in text.chars() {
            match (self.quote, char) {
                // No string of JSON has a line break in it: nothing that follows could close it.
                (Some(_), '\n') if self.is_json => self.is_over = true,
                _ if self.is_escaped => self.is_escaped = false,
                (quote, '\\') if quote != Some('\'') && (quote.is_some() || !self.is_json) => self.is_escaped = true,
                (Some(open), _) if char == open => self.quote = None,
                (Some(_), _) => {}
                (None, '"') => self.quote = Some(char),
                (None, '\'') if !self.is_json => self.quote = Some(char),
                (None, '{' | '[') => self.depth += 1,
                (None, '}' | ']') => self.depth = self.depth.saturating_sub(1),
                (None, _) => {}
            }
            self.is_over |= self.is_json && self.depth == 0;
        }
    }

    /// Whether something is open.
    pub(crate) fn is_open(&self) -> bool {
        match self.is_json {
            true => !self.is_over && self.quote.is_none(),
            false => self.quote.is_some() || self.is_escaped,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str) -> Vec<String> {
        words(text).all.into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn words_are_those_of_a_shell() {
        assert_eq!(texts(r#"  --owner Ada --tags '["a"]' "#), ["--owner", "Ada", "--tags", r#"["a"]"#]);
        assert_eq!(texts(r#"a" b \" \\ \n "c d\ e ''"#), [r#"a b " \ \n c"#, "d e", ""]);
        assert_eq!(texts("one \\\n two"), ["one", "two"]);
        let open = words("--note 'not yet");
        assert!(open.is_open && open.ends_in_word);
        assert_eq!(open.all[1], Word { text: "not yet".to_owned(), start: 7 });
        assert!(!words("a ").ends_in_word);
    }

    #[test]
    fn lines_go_on_while_something_is_open() {
        for (text, open) in [
            ("bank.Open {", true),
            ("bank.Open{", true),
            ("bank.Open {\"a\": [1,", true),
            ("bank.Open {\"a\": \"}\"", true),
            ("bank.Open {\"a\": \"\\\"}\"", true),
            ("bank.Open {\"a\": {}}", false),
            ("bank.Open {}} {", false),
            ("bank.Open {\"a", false),
            ("bank.Open {\"a\n", false),
            ("bank.Open --a '{", true),
            ("bank.Open --a \\", true),
            ("bank.Open --a \\\\", false),
            ("bank.Open --a '{'", false),
            ("# {", false),
            ("", false),
            ("\\help", false),
        ] {
            assert_eq!(goes_on(text), open, "{text}");
        }
    }

    #[test]
    fn a_line_is_a_name_and_the_rest() {
        let line = |name, is_command, rest| Typed::Line { name, is_command, rest };
        assert_eq!(take_apart(" a.B  --c d "), line("a.B", false, Rest::Words("--c d")));
        assert_eq!(take_apart("a.B {\n}"), line("a.B", false, Rest::Json("{\n}")));
        assert_eq!(take_apart("a.B{}"), line("a.B", false, Rest::Json("{}")));
        assert_eq!(take_apart("\\help a"), line("help", true, Rest::Words("a")));
        assert_eq!(take_apart("  # a.B"), Typed::Nothing);
    }

    proptest! {
        #[test]
        fn any_text_is_split(text in "[ -~\\n'\"\\\\{}\\[\\]äß漢\\u{301}]{0,60}") {
            let split = words(&text);
            for word in &split.all {
                prop_assert!(text.is_char_boundary(word.start));
            }
            let _ = take_apart(&text);
            if let Typed::Line { name, is_command: false, rest: Rest::Words(_) } = take_apart(&text) && !name.is_empty() {
                prop_assert_eq!(goes_on(&text), words(&text).is_open, "{:?}", text);
            }
            // What is open is closed by a line that closes everything, or never: the shell does not wait for ever.
            if goes_on(&text) {
                let closed = ["'", "\"", "\"\"", "\n", &"}".repeat(61)].iter().any(|end| !goes_on(&format!("{text}{end}")));
                prop_assert!(closed, "{text:?}");
            }
        }

        #[test]
        fn what_is_quoted_comes_back(texts in proptest::collection::vec("\\PC{0,12}", 0..6)) {
            let line: Vec<String> = texts.iter().map(|text| format!("'{}'", text.replace('\'', "'\\''"))).collect();
            let split: Vec<String> = words(&line.join(" ")).all.into_iter().map(|word| word.text).collect();
            prop_assert_eq!(split, texts);
        }
    }
}
