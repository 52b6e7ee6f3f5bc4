//! The rules. Each takes what its trait found, so that nothing but the look at the value is generic.

use std::fmt::Display;
use std::sync::OnceLock;

use regex::Regex;

use super::value::Length;
use super::{Report, text};
use crate::error::Error;

/// The bounds of a number. Without any, every number is within.
#[derive(Debug, Clone, Copy)]
pub struct Bounds<N> {
    min: Option<N>,
    max: Option<N>,
    above: Option<N>,
    below: Option<N>,
}

impl<N> Bounds<N> {
    /// No bound.
    pub const fn any() -> Self {
        Bounds { min: None, max: None, above: None, below: None }
    }

    /// At least this.
    #[must_use]
    pub fn min(self, min: N) -> Self {
        Bounds { min: Some(min), ..self }
    }

    /// At most this.
    #[must_use]
    pub fn max(self, max: N) -> Self {
        Bounds { max: Some(max), ..self }
    }

    /// More than this.
    #[must_use]
    pub fn above(self, above: N) -> Self {
        Bounds { above: Some(above), ..self }
    }

    /// Less than this.
    #[must_use]
    pub fn below(self, below: N) -> Self {
        Bounds { below: Some(below), ..self }
    }
}

impl<N: PartialOrd> Bounds<N> {
    /// Whether `number` is within. What cannot be compared, such as NaN, is not.
    pub fn hold(&self, number: &N) -> bool {
        self.min.as_ref().is_none_or(|min| number >= min)
            && self.max.as_ref().is_none_or(|max| number <= max)
            && self.above.as_ref().is_none_or(|above| number > above)
            && self.below.as_ref().is_none_or(|below| number < below)
    }
}

impl<N: Display> Bounds<N> {
    fn words(&self) -> String {
        let part = |words: &str, bound: &Option<N>| bound.as_ref().map(|bound| format!("{words} {bound}"));
        let parts: Vec<String> = [
            part("at least", &self.min),
            part("more than", &self.above),
            part("at most", &self.max),
            part("less than", &self.below),
        ]
        .into_iter()
        .flatten()
        .collect();
        format!("must be {}", parts.join(" and "))
    }
}

/// `range(..)`: code `range`.
#[doc(hidden)]
pub fn range<N: PartialOrd + Display>(number: Option<N>, report: &mut Report<'_>, bounds: Bounds<N>) {
    if number.is_some_and(|number| !bounds.hold(&number)) {
        report.fail("range", bounds.words());
    }
}

/// The bounds of a length.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    min: usize,
    max: Option<usize>,
}

impl Sizes {
    /// At least `min`.
    pub const fn min(min: usize) -> Self {
        Sizes { min, max: None }
    }

    /// At most `max`.
    pub const fn max(max: usize) -> Self {
        Sizes { min: 0, max: Some(max) }
    }

    /// From `min` to `max`, both included.
    pub const fn between(min: usize, max: usize) -> Self {
        Sizes { min, max: Some(max) }
    }

    /// Exactly this.
    pub const fn equal(equal: usize) -> Self {
        Sizes { min: equal, max: Some(equal) }
    }
}

/// `length(..)`: code `length`.
#[doc(hidden)]
pub fn length(length: Option<Length>, report: &mut Report<'_>, sizes: Sizes) {
    let Some(Length { count, unit }) = length else { return };
    if count < sizes.min || sizes.max.is_some_and(|max| count > max) {
        report.fail("length", of_a_length(unit, sizes));
    }
}

#[cold]
fn of_a_length(unit: &str, Sizes { min, max }: Sizes) -> String {
    let units = |count: usize| if count == 1 { unit.to_owned() } else { format!("{unit}s") };
    match max {
        None => format!("must have at least {min} {}", units(min)),
        Some(max) if max == min => format!("must have exactly {max} {}", units(max)),
        Some(max) if min == 0 => format!("must have at most {max} {}", units(max)),
        Some(max) => format!("must have {min} to {max} {}", units(max)),
    }
}

/// `required`: code `required`. Answers whether there is a value for further rules to look at.
#[doc(hidden)]
pub fn required(is_there: bool, report: &mut Report<'_>) -> bool {
    if !is_there {
        report.fail("required", "is required");
    }
    is_there
}

/// A regular expression that the whole of a text must match; compiled when it is first used.
pub struct Pattern {
    source: &'static str,
    whole: OnceLock<std::result::Result<Regex, regex::Error>>,
}

impl Pattern {
    /// The pattern of `source`, in the syntax of the crate `regex`.
    pub const fn new(source: &'static str) -> Self {
        Pattern { source, whole: OnceLock::new() }
    }

    /// Whether the whole of `text` matches.
    ///
    /// # Errors
    /// Kind internal if the source is none or compiles to more than 10 MB. Syntax is checked by the attribute.
    pub fn is_match(&self, text: &str) -> crate::error::Result<bool> {
        match self.whole.get_or_init(|| Regex::new(&format!(r"\A(?:{})\z", self.source))) {
            Ok(regex) => Ok(regex.is_match(text)),
            Err(error) => Err(Error::internal(format!("the pattern `{}` cannot be used: {error}", self.source))),
        }
    }
}

/// `pattern(".."):` code `pattern`.
#[doc(hidden)]
pub fn pattern(text: Option<&str>, report: &mut Report<'_>, pattern: &Pattern) {
    match text.map(|text| pattern.is_match(text)) {
        None | Some(Ok(true)) => {}
        Some(Ok(false)) => report.fail("pattern", format!("must match `{}`", pattern.source)),
        Some(Err(error)) => report.give_up(error),
    }
}

/// `email`: code `email`.
#[doc(hidden)]
pub fn email(text: Option<&str>, report: &mut Report<'_>) {
    if text.is_some_and(|text| !text::is_email(text)) {
        report.fail("email", "must be an e-mail address, such as `ada@example.org`");
    }
}

/// `url`: code `url`.
#[doc(hidden)]
pub fn url(text: Option<&str>, report: &mut Report<'_>) {
    if text.is_some_and(|text| !text::is_url(text)) {
        report.fail("url", "must be a URL, such as `https://example.org/path`");
    }
}
