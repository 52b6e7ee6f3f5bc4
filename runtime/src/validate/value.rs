//! What a rule asks of a value. Each trait says which types the rule is for, so that the compiler refuses the others,
//! and reaches through `Option`, `Box`, `Arc`, `Rc`, `Cow` and `Secret`. A type of one's own may have them, too.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::Display;
use std::num::NonZero;
use std::rc::Rc;
use std::sync::Arc;

use serde::Serialize;

use super::Report;
use crate::config::Secret;

/// How long a value is, and in what that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length {
    pub(super) count: usize,
    pub(super) unit: &'static str,
}

impl Length {
    /// Of a text. Counted are Unicode scalar values (`char`), so a letter with a combining accent is two.
    pub const fn characters(count: usize) -> Self {
        Length { count, unit: "character" }
    }

    /// Of a collection.
    pub const fn items(count: usize) -> Self {
        Length { count, unit: "item" }
    }
}

/// What the rule `length` is for: text and collections.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no length [PT0141]",
    label = "`length` is a rule for text and collections",
    note = "for a number write `range(min = .., max = ..)`; for a type of your own, implement `partitura::validate::HasLength`"
)]
pub trait HasLength {
    /// Its length; nothing where there is no value.
    fn length(&self) -> Option<Length>;
}

/// What the rules `pattern`, `email` and `url` are for: text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no text [PT0141]",
    label = "this is a rule for text",
    note = "for each item of a collection write `each(..)` around the rule; for a type of your own, implement `partitura::validate::HasText`"
)]
pub trait HasText {
    /// Its text; nothing where there is no value.
    fn text(&self) -> Option<&str>;
}

/// What the rule `range` is for: numbers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no number [PT0141]",
    label = "`range` is a rule for numbers",
    note = "for text and collections write `length(min = .., max = ..)`; for a type of your own, implement `partitura::validate::HasNumber`"
)]
pub trait HasNumber {
    /// The type of the bounds.
    type Number: PartialOrd + Display;
    /// The number; nothing where there is no value.
    fn number(&self) -> Option<Self::Number>;
}

/// What the rule `required` is for: `Option`, text and collections. (A number or a `bool` always has a value, 0 and
/// `false` are some.)
#[diagnostic::on_unimplemented(
    message = "`{Self}` always has a value [PT0141]",
    label = "`required` is a rule for `Option`, text and collections",
    note = "make it an `Option<{Self}>` or take `required` away; for a type of your own, implement `partitura::validate::HasValue`"
)]
pub trait HasValue {
    /// Whether there is a value. White space is none.
    fn has_value(&self) -> bool;
}

/// What the rule `each` is for: collections.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no items [PT0141]",
    label = "`each` is a rule for collections",
    note = "write what is in the parentheses without `each`; for a type of your own, implement `partitura::validate::HasItems`"
)]
pub trait HasItems {
    /// What it holds.
    type Item;
    /// Calls `rule` with each item, and with the report at its place.
    fn each(&self, report: &mut Report<'_>, rule: impl FnMut(&Self::Item, &mut Report<'_>));
}

macro_rules! through {
    ($([$($generics:tt)*] $held:ty, $value:ident => $inner:expr;)*) => {$(
        impl<$($generics)* T: HasLength + ?Sized> HasLength for $held {
            fn length(&self) -> Option<Length> {
                let $value = self;
                T::length($inner)
            }
        }
        impl<$($generics)* T: HasText + ?Sized> HasText for $held {
            fn text(&self) -> Option<&str> {
                let $value = self;
                T::text($inner)
            }
        }
        impl<$($generics)* T: HasNumber + ?Sized> HasNumber for $held {
            type Number = T::Number;
            fn number(&self) -> Option<T::Number> {
                let $value = self;
                T::number($inner)
            }
        }
        impl<$($generics)* T: HasValue + ?Sized> HasValue for $held {
            fn has_value(&self) -> bool {
                let $value = self;
                T::has_value($inner)
            }
        }
        impl<$($generics)* T: HasItems + ?Sized> HasItems for $held {
            type Item = T::Item;
            fn each(&self, report: &mut Report<'_>, rule: impl FnMut(&T::Item, &mut Report<'_>)) {
                let $value = self;
                T::each($inner, report, rule);
            }
        }
    )*};
}

through! {
    ['a,] &'a T, value => value;
    [] Box<T>, value => value;
    [] Arc<T>, value => value;
    [] Rc<T>, value => value;
}

impl<T: HasLength> HasLength for Option<T> {
    fn length(&self) -> Option<Length> {
        self.as_ref().and_then(T::length)
    }
}

impl<T: HasText> HasText for Option<T> {
    fn text(&self) -> Option<&str> {
        self.as_ref().and_then(T::text)
    }
}

impl<T: HasNumber> HasNumber for Option<T> {
    type Number = T::Number;
    fn number(&self) -> Option<T::Number> {
        self.as_ref().and_then(T::number)
    }
}

impl<T: HasValue> HasValue for Option<T> {
    fn has_value(&self) -> bool {
        self.as_ref().is_some_and(T::has_value)
    }
}

impl<T: HasItems> HasItems for Option<T> {
    type Item = T::Item;
    fn each(&self, report: &mut Report<'_>, rule: impl FnMut(&T::Item, &mut Report<'_>)) {
        if let Some(value) = self {
            value.each(report, rule);
        }
    }
}

impl<T: HasLength> HasLength for Secret<T> {
    fn length(&self) -> Option<Length> {
        self.expose().length()
    }
}

impl<T: HasText> HasText for Secret<T> {
    fn text(&self) -> Option<&str> {
        self.expose().text()
    }
}

impl<T: HasValue> HasValue for Secret<T> {
    fn has_value(&self) -> bool {
        self.expose().has_value()
    }
}

macro_rules! texts {
    ($($text:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl HasLength for $text {
            fn length(&self) -> Option<Length> {
                Some(Length::characters(self.chars().count()))
            }
        }
        #[diagnostic::do_not_recommend]
        impl HasText for $text {
            fn text(&self) -> Option<&str> {
                Some(self)
            }
        }
        #[diagnostic::do_not_recommend]
        impl HasValue for $text {
            fn has_value(&self) -> bool {
                !self.chars().all(is_blank)
            }
        }
    )*};
}

texts!(str, String, Cow<'_, str>);

/// White space to Unicode, or to the regular expressions of JSON Schema (ECMA-262), which differ in two characters: so that the rule
/// takes what the schema takes.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

macro_rules! collections {
    ($([$($generics:tt)*] $collection:ty),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> HasLength for $collection {
            fn length(&self) -> Option<Length> {
                Some(Length::items(self.len()))
            }
        }
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> HasValue for $collection {
            fn has_value(&self) -> bool {
                !self.is_empty()
            }
        }
    )*};
}

collections! {
    [T] [T],
    [T] Vec<T>,
    [T] VecDeque<T>,
    [T, const N: usize] [T; N],
    [T] BTreeSet<T>,
    [T, S] HashSet<T, S>,
    [K, T] BTreeMap<K, T>,
    [K, T, S] HashMap<K, T, S>,
    [] serde_json::Map<String, serde_json::Value>,
}

macro_rules! lists {
    ($([$($generics:tt)*] $list:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> HasItems for $list {
            type Item = T;
            fn each(&self, report: &mut Report<'_>, mut rule: impl FnMut(&T, &mut Report<'_>)) {
                for (index, item) in self.iter().enumerate() {
                    rule(item, &mut report.index(index));
                }
            }
        }
    )*};
}

lists!([T] [T], [T] Vec<T>, [T] VecDeque<T>, [T, const N: usize] [T; N]);

/// The order of a set is not that of the input, so a failure is told of the set.
macro_rules! sets {
    ($([$($generics:tt)*] $set:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> HasItems for $set {
            type Item = T;
            fn each(&self, report: &mut Report<'_>, mut rule: impl FnMut(&T, &mut Report<'_>)) {
                for item in self {
                    rule(item, report);
                }
            }
        }
    )*};
}

sets!([T] BTreeSet<T>, [T, S] HashSet<T, S>);

macro_rules! maps {
    ($([$($generics:tt)*] $map:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> HasItems for $map {
            type Item = T;
            fn each(&self, report: &mut Report<'_>, mut rule: impl FnMut(&T, &mut Report<'_>)) {
                for (key, item) in self {
                    rule(item, &mut report.key(key));
                }
            }
        }
    )*};
}

maps!([K: Serialize, T] BTreeMap<K, T>, [K: Serialize, T, S] HashMap<K, T, S>);

macro_rules! numbers {
    ($($number:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl HasNumber for $number {
            type Number = $number;
            fn number(&self) -> Option<$number> {
                Some(*self)
            }
        }
        #[diagnostic::do_not_recommend]
        impl HasValue for $number {
            fn has_value(&self) -> bool {
                true
            }
        }
    )*};
}

numbers!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64);

macro_rules! non_zero {
    ($($number:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl HasNumber for NonZero<$number> {
            type Number = $number;
            fn number(&self) -> Option<$number> {
                Some(self.get())
            }
        }
    )*};
}

non_zero!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);

#[diagnostic::do_not_recommend]
impl HasValue for bool {
    fn has_value(&self) -> bool {
        true
    }
}

/// How `required` finds out whether a value is there: what the type says of itself, else whether an `Option` is `Some`,
/// whatever it holds. The first of the three that fits is called, by the order in which methods are looked up.
#[doc(hidden)]
pub struct Present<'a, T: ?Sized>(pub &'a T);

impl<T: HasValue + ?Sized> Present<'_, T> {
    /// By the type.
    pub fn there(self) -> bool {
        self.0.has_value()
    }
}

/// An `Option` of anything.
#[doc(hidden)]
pub trait OptionIsThere {
    /// Whether it is `Some`.
    fn there(self) -> bool;
}

impl<T> OptionIsThere for Present<'_, Option<T>> {
    fn there(self) -> bool {
        self.0.is_some()
    }
}

/// Everything else is refused.
#[doc(hidden)]
pub trait AlwaysThere {
    /// What the field holds.
    type Value: ?Sized;
    /// Cannot be called: no type that gets here has the trait.
    fn there(&self) -> bool
    where
        Self::Value: HasValue;
}

impl<T: ?Sized> AlwaysThere for Present<'_, T> {
    type Value = T;
    fn there(&self) -> bool
    where
        T: HasValue,
    {
        self.0.has_value()
    }
}

#[cfg(test)]
mod tests {
    use super::HasValue as _;

    /// `\s` of ECMA-262: its white space and its line ends.
    fn is_space(c: char) -> bool {
        let zs = ['\u{a0}', '\u{1680}', '\u{202f}', '\u{205f}', '\u{3000}'];
        ('\t'..='\r').contains(&c)
            || ('\u{2000}'..='\u{200a}').contains(&c)
            || [' ', '\u{feff}', '\u{2028}', '\u{2029}'].contains(&c)
            || zs.contains(&c)
    }

    #[test]
    fn required_text_is_what_its_pattern_says_for_every_character() {
        for c in '\0'..=char::MAX {
            // `[^\s\u0085]`
            assert_eq!(c.to_string().has_value(), !is_space(c) && c != '\u{85}', "{:?}", c);
        }
    }
}
