//! What a topic, a pattern and a word may look like: one scan for all three, which a `const` can run.

use std::fmt;

use super::{MAX_BYTES, MAX_WORDS};

/// Why a text is no topic, no pattern or no word of one. For a caller: kind *invalid* is what it usually becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidTopic {
    text: String,
    form: Form,
    fault: Fault,
    at: usize,
}

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It is empty.
    Empty,
    /// It has more than [`MAX_BYTES`] bytes.
    TooLong,
    /// It has more than [`MAX_WORDS`] words.
    TooManyWords,
    /// There is nothing between two dots, before the first or behind the last.
    EmptyWord,
    /// There is white space or a control character in it.
    Blank,
    /// A wildcard has other characters beside it in its word.
    WildcardInWord,
    /// There is a wildcard where none may be.
    Wildcard,
    /// There is a dot in what is to be one word.
    Dot,
}

impl Fault {
    /// What is wrong, and what would be right.
    pub const fn what(self) -> &'static str {
        match self {
            Fault::Empty => "it is empty; write words between dots, such as `orders.placed`",
            Fault::TooLong => "it is too long; at most 255 bytes are allowed",
            Fault::TooManyWords => "it has too many words; at most 32 are allowed",
            Fault::EmptyWord => "a word is empty; write the word, or take the dot away",
            Fault::Blank => "white space or a control character; take it away, or write `-`",
            Fault::WildcardInWord => {
                "a wildcard is a word of its own; write `*` for exactly one word or `#` for any number, between dots"
            }
            Fault::Wildcard => "a wildcard; `*` and `#` have a meaning in patterns only",
            Fault::Dot => "a dot, which parts words; take it away, or write `-`",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Topic,
    Pattern,
    Word,
}

impl InvalidTopic {
    #[cold]
    pub(super) fn new(text: &str, form: Form, fault: Fault, at: usize) -> Self {
        InvalidTopic { text: text.to_owned(), form, fault, at }
    }

    /// What is wrong.
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// Where, in bytes from the beginning of the text.
    pub fn at(&self) -> usize {
        self.at
    }

    /// In which word, counted from 1.
    pub fn word(&self) -> usize {
        1 + self.text.bytes().take(self.at).filter(|byte| *byte == b'.').count()
    }
}

/// One line, however odd the text: it is escaped and cut to a length that fits into a log.
impl fmt::Display for InvalidTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 80;
        let start: String = self.text.chars().take(SHOWN).collect();
        let more = if start.len() < self.text.len() { ".." } else { "" };
        let form = match self.form {
            Form::Topic => "a topic",
            Form::Pattern => "a pattern of topics",
            Form::Word => "a word of a topic",
        };
        write!(f, "`{}{more}` is not {form}: ", start.escape_debug())?;
        match (self.fault, self.form) {
            (Fault::Empty | Fault::TooLong, _) => {}
            (_, Form::Word) => write!(f, "at byte {}: ", self.at)?,
            _ => write!(f, "word {}, at byte {}: ", self.word(), self.at)?,
        }
        f.write_str(self.fault.what())
    }
}

impl std::error::Error for InvalidTopic {}

/// The first fault and the byte at which it is.
pub(super) const fn scan(text: &str, form: Form) -> Result<(), (Fault, usize)> {
    let bytes = text.as_bytes();
    if bytes.is_empty() {
        return Err((Fault::Empty, 0));
    }
    if bytes.len() > MAX_BYTES {
        return Err((Fault::TooLong, MAX_BYTES));
    }
    let (mut at, mut word, mut words) = (0, 0, 1);
    while at < bytes.len() {
        match (bytes[at], form) {
            (b'.', Form::Word) => return Err((Fault::Dot, at)),
            (b'.', _) => {
                if at == word {
                    return Err((Fault::EmptyWord, at));
                }
                if words == MAX_WORDS {
                    return Err((Fault::TooManyWords, at + 1));
                }
                (word, words) = (at + 1, words + 1);
            }
            (b'*' | b'#', Form::Topic | Form::Word) => return Err((Fault::Wildcard, at)),
            (b'*' | b'#', Form::Pattern) => {
                let alone = at == word && (at + 1 == bytes.len() || bytes[at + 1] == b'.');
                if !alone {
                    return Err((Fault::WildcardInWord, at));
                }
            }
            _ => {
                if is_blank(bytes, at) {
                    return Err((Fault::Blank, at));
                }
            }
        }
        at += 1;
    }
    if word == bytes.len() { Err((Fault::EmptyWord, word)) } else { Ok(()) }
}

/// Whether a character begins at `at` that is white space (also that of Unicode) or a control character. By hand, since a
/// `const` has no `chars()`; `bytes` are those of a `str`.
const fn is_blank(bytes: &[u8], at: usize) -> bool {
    const fn rest(bytes: &[u8], at: usize) -> u32 {
        (bytes[at] & 0x3f) as u32
    }
    let first = bytes[at] as u32;
    let code = match first {
        0x00..=0x7f => first,
        0xc0..=0xdf => (first & 0x1f) << 6 | rest(bytes, at + 1),
        0xe0..=0xef => (first & 0x0f) << 12 | rest(bytes, at + 1) << 6 | rest(bytes, at + 2),
        // Inside of a character; or one of four bytes, among which there are neither.
        _ => return false,
    };
    let is_white = match char::from_u32(code) {
        Some(character) => character.is_whitespace(),
        None => false,
    };
    is_white || code < 0x20 || (0x7f <= code && code <= 0x9f)
}
