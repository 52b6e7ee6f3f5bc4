//! Topics: what an event is about, in words between dots (`orders.north.placed`), and patterns that choose among them.
//!
//! The form is that of an AMQP 0-9-1 topic exchange: in a [`Pattern`] the word `*` stands for exactly one word and the
//! word `#` for any number of them, none included; both anywhere and as often as one likes. A [`Matcher`] holds many
//! patterns and finds those that a [`Topic`] matches.
//!
//! Words are compared byte by byte: `Orders` is not `orders`.

mod matcher;
#[cfg(test)]
mod tests;
mod words;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use self::matcher::Matcher;
pub use self::words::{Fault, InvalidTopic};
use self::words::{Form, scan};

/// How long a topic or a pattern may be, in bytes. It is the longest routing key of AMQP.
pub const MAX_BYTES: usize = 255;

/// How many words a topic or a pattern may have.
pub const MAX_WORDS: usize = 32;

/// Whether `pattern` fits a topic that an event declares, `orders.{region}.placed`, for some value of its fields.
pub(crate) fn may_fit(pattern: &str, declared: &str) -> bool {
    let words: Vec<&str> = declared.split('.').collect();
    // For each number of words of the topic: whether the pattern as far as it was read fits so many.
    let mut fits = vec![false; words.len() + 1];
    fits[0] = true;
    for word in pattern.split('.') {
        let mut next = vec![false; words.len() + 1];
        for taken in 0..=words.len() {
            next[taken] = match word {
                "#" => fits[taken] || taken > 0 && next[taken - 1],
                _ => {
                    taken > 0
                        && fits[taken - 1]
                        && (word == "*" || words[taken - 1].starts_with('{') || words[taken - 1] == word)
                }
            };
        }
        fits = next;
    }
    fits[words.len()]
}

/// What an event is about: words between dots, none of them a wildcard.
///
/// A word is one character or more; no dot, `*` or `#`, no white space, no control character. At most [`MAX_WORDS`]
/// words in [`MAX_BYTES`] bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Cow<'static, str>);

impl Topic {
    /// Reads a topic. A `&'static str` is not copied.
    ///
    /// # Errors
    /// [`InvalidTopic`], with what is wrong, where, and what would be right.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Result<Self, InvalidTopic> {
        checked(text.into(), Form::Topic).map(Topic)
    }

    /// A topic that is known when the program is compiled; in a `const` it is checked there.
    ///
    /// # Panics
    /// If it is not valid; in a `const` that is a compile error.
    pub const fn literal(text: &'static str) -> Self {
        match scan(text, Form::Topic) {
            Ok(()) => Topic(Cow::Borrowed(text)),
            Err((fault, _)) => panic!("{}", fault.what()),
        }
    }

    /// Whether `text` is a topic, and if not why. For a `const`, which cannot make an [`InvalidTopic`].
    ///
    /// # Errors
    /// The first fault.
    pub const fn check(text: &str) -> Result<(), Fault> {
        match scan(text, Form::Topic) {
            Ok(()) => Ok(()),
            Err((fault, _)) => Err(fault),
        }
    }

    /// A value that is to be one word of a topic: that of the field `region` in `orders.{region}.placed`. It is given
    /// back as it is.
    ///
    /// Nothing is escaped: two values would become one word, or a subscriber would see another word than the one that
    /// was sent. So a value that cannot be a word is an error. Name things by an identifier (`eu-west-1`), not by a
    /// text for people.
    ///
    /// # Errors
    /// [`InvalidTopic`] if the value is empty or too long, or has a dot, a wildcard, white space or a control character
    /// in it.
    pub fn word(value: &str) -> Result<&str, InvalidTopic> {
        match scan(value, Form::Word) {
            Ok(()) => Ok(value),
            Err((fault, at)) => Err(InvalidTopic::new(value, Form::Word, fault, at)),
        }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its words, in order; at least one.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }
}

/// Which topics a subscriber wants: words between dots, of which `*` is exactly one word and `#` any number, also none.
///
/// `orders.*.placed`, `orders.#`, `#.failed`, `#`. Two patterns are equal if their texts are; `#` and `#.#` choose the
/// same topics and are not equal. The bounds are those of a [`Topic`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(Cow<'static, str>);

impl Pattern {
    /// Reads a pattern. A `&'static str` is not copied.
    ///
    /// # Errors
    /// [`InvalidTopic`], with what is wrong, where, and what would be right.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Result<Self, InvalidTopic> {
        checked(text.into(), Form::Pattern).map(Pattern)
    }

    /// A pattern that is known when the program is compiled; in a `const` it is checked there.
    ///
    /// # Panics
    /// If it is not valid; in a `const` that is a compile error.
    pub const fn literal(text: &'static str) -> Self {
        match scan(text, Form::Pattern) {
            Ok(()) => Pattern(Cow::Borrowed(text)),
            Err((fault, _)) => panic!("{}", fault.what()),
        }
    }

    /// Whether `text` is a pattern, and if not why. For a `const`, which cannot make an [`InvalidTopic`].
    ///
    /// # Errors
    /// The first fault.
    pub const fn check(text: &str) -> Result<(), Fault> {
        match scan(text, Form::Pattern) {
            Ok(()) => Ok(()),
            Err((fault, _)) => Err(fault),
        }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its words, in order; at least one.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }

    /// True if it has no wildcard, so that it chooses one topic.
    pub fn is_exact(&self) -> bool {
        // A wildcard is a word of its own, so one in the text is one in the pattern.
        !self.0.contains(['*', '#'])
    }
}

/// The pattern that chooses this topic alone.
impl From<Topic> for Pattern {
    fn from(topic: Topic) -> Self {
        Pattern(topic.0)
    }
}

fn checked(text: Cow<'static, str>, form: Form) -> Result<Cow<'static, str>, InvalidTopic> {
    match scan(&text, form) {
        Ok(()) => Ok(text),
        Err((fault, at)) => Err(InvalidTopic::new(&text, form, fault, at)),
    }
}

macro_rules! as_text {
    ($($type:ident),*) => {$(
        impl FromStr for $type {
            type Err = InvalidTopic;

            fn from_str(text: &str) -> Result<Self, InvalidTopic> {
                $type::new(text.to_owned())
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        /// As it is written.
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $type::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    )*};
}

as_text!(Topic, Pattern);
