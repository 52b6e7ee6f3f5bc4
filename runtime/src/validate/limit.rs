//! What a JSON Schema can say of the rules of a type. The derives write it as a constant; [`super::schema`] reads it.

use std::fmt;
use std::marker::PhantomData;

use super::Validate;

/// What a JSON Schema can say of a value.
pub type Limits = &'static [Limit];

/// One thing that a JSON Schema can say of a value.
///
/// The derives leave out what `JsonSchema` reads by itself, and what a schema cannot say: conditions, fns, and rules of
/// the fields of a variant.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Limit {
    /// A text holds more than white space, a collection is not empty.
    Required,
    /// So many characters or items at least.
    Shortest(Bound),
    /// So many characters or items at most.
    Longest(Bound),
    /// At least this number.
    Least(Bound),
    /// At most this number.
    Most(Bound),
    /// More than this number.
    Above(Bound),
    /// Less than this number.
    Below(Bound),
    /// A regular expression of ECMA-262.
    Pattern(&'static str),
    /// An e-mail address.
    Email,
    /// A URL.
    Url,
    /// The limits of the value's own type. A fn, because a type may hold itself.
    Nested(fn() -> Limits),
    /// Of each item, or of each value of a map.
    Each(Limits),
    /// Of the field that JSON calls so.
    Field(&'static str, Limits),
}

/// A number, as JSON writes it.
#[derive(Clone, Copy)]
pub enum Bound {
    /// Written in the attribute.
    Literal(&'static str),
    /// What a constant holds.
    Constant(fn() -> String),
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Bound {
    pub(super) fn text(self) -> String {
        match self {
            Bound::Literal(text) => text.to_owned(),
            Bound::Constant(text) => text(),
        }
    }
}

pub(super) fn limits_of<T: Validate + ?Sized>() -> Limits {
    T::LIMITS
}

/// The limits of a type that may have none, by a constant that is found on `LimitsOf<T>` itself if `T` has rules, and else
/// on every type by the trait [`HasNoLimits`]: that `T` must have rules is told once, where they are called.
#[doc(hidden)]
pub struct LimitsOf<T: ?Sized>(PhantomData<T>);

impl<T: Validate + ?Sized> LimitsOf<T> {
    /// Those of `T`.
    pub const NESTED: Limit = Limit::Nested(limits_of::<T>);
}

/// For every type without rules.
#[doc(hidden)]
pub trait HasNoLimits {
    /// None.
    const NESTED: Limit = Limit::Nested(|| &[]);
}

impl<T: ?Sized> HasNoLimits for LimitsOf<T> {}
