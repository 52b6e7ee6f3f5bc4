//! Rules of messages and of their parts: what `#[validate(..)]` and `#[derive(Validate)]` write, and the [`Report`] of
//! everything that breaks one.
//!
//! Invariants:
//! - Every failure of a message is told, at once, each with the JSON pointer that serde would read it from.
//! - A message that breaks no rule costs no allocation, whatever its depth: the way to a value is a list on the stack.
//! - A rule that cannot be judged (a fn that fails for a reason of its own) fails the message; it never passes.
//! - No failure quotes the value: it may be a secret.

mod limit;
mod outcome;
mod report;
mod rule;
pub(crate) mod schema;
mod text;
mod value;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use serde::Serialize;

use crate::error::Result;
use crate::message::Message;

pub use limit::{Bound, Limit, Limits};
pub use outcome::{Objection, Verdict, Whole};
pub use report::Report;
pub use rule::{Bounds, Pattern};
pub use value::{HasItems, HasLength, HasNumber, HasText, HasValue, Length};

/// What generated code calls.
#[doc(hidden)]
pub mod generated {
    pub use super::limit::{HasNoLimits, LimitsOf};
    pub use super::outcome::whole;
    pub use super::rule::{Sizes, email, length, pattern, range, required, url};
    pub use super::value::{AlwaysThere, OptionIsThere, Present};
}

/// A rule, or all of them, of a `T`.
pub type Rules<T> = fn(&T, &mut Report<'_>);

/// A type that has rules. Written by `#[derive(Validate)]`, and by the derives of messages for those with `#[validate(..)]`.
///
/// Write it by hand where a rule needs more than an attribute says; a field with `#[validate(nested)]` then finds it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no rules of its own [PT0142]",
    label = "nothing to check inside of `{Self}`",
    note = "put `#[derive(Validate)]` on `{Self}` and `#[validate(..)]` on its fields, or take `nested` away"
)]
pub trait Validate {
    /// What the JSON Schema of a message says of these rules. It refuses nothing: [`Validate::validate`] does.
    const LIMITS: Limits = &[];

    /// Tells `report` everything that is wrong with this value.
    fn validate(&self, report: &mut Report<'_>);
}

/// Checks a message by its rules. Without any, and without a failure, it costs no allocation.
///
/// # Errors
/// Kind invalid (HTTP 422, exit code 65), not malformed, with one failure for each rule that is broken. A rule that
/// fails for a reason of its own, with an error of kind internal, is answered as that error.
#[inline]
pub fn check<M: Message>(message: &M) -> Result<()> {
    match M::RULES {
        None => Ok(()),
        Some(rules) => {
            let mut found = report::Found::default();
            rules(message, &mut Report::new(&mut found));
            found.into_result(|| format!("the input of `{}`", M::INFO.full_name()))
        }
    }
}

/// Checks any value that has rules, such as one that was read from a file.
///
/// # Errors
/// Those of [`check`].
pub fn check_value<T: Validate + ?Sized>(value: &T) -> Result<()> {
    collect(|report| value.validate(report))
}

/// Everything that `rules` tell, as one error.
///
/// # Errors
/// Those of [`check`].
pub fn collect(rules: impl FnOnce(&mut Report<'_>)) -> Result<()> {
    let mut found = report::Found::default();
    rules(&mut Report::new(&mut found));
    found.into_result(|| "the value".to_owned())
}

/// Through what holds one value.
macro_rules! through {
    ($($held:ty),*) => {$(
        impl<T: Validate + ?Sized> Validate for $held {
            const LIMITS: Limits = T::LIMITS;

            fn validate(&self, report: &mut Report<'_>) {
                T::validate(self, report);
            }
        }
    )*};
}

through!(&T, Box<T>, Arc<T>, Rc<T>);

impl<T: Validate> Validate for Option<T> {
    const LIMITS: Limits = T::LIMITS;

    fn validate(&self, report: &mut Report<'_>) {
        if let Some(value) = self {
            value.validate(report);
        }
    }
}

/// Through what holds many in an order.
macro_rules! through_lists {
    ($([$($generics:tt)*] $list:ty),*) => {$(
        impl<T: Validate, $($generics)*> Validate for $list {
            const LIMITS: Limits = &[Limit::Each(&[Limit::Nested(limit::limits_of::<T>)])];

            fn validate(&self, report: &mut Report<'_>) {
                for (index, value) in self.iter().enumerate() {
                    value.validate(&mut report.index(index));
                }
            }
        }
    )*};
}

through_lists!([] [T], [] Vec<T>, [] VecDeque<T>, [const N: usize] [T; N]);

/// The order of a set is not that of the input, so a failure is told of the set.
macro_rules! through_sets {
    ($([$($generics:tt)*] $set:ty),*) => {$(
        impl<T: Validate, $($generics)*> Validate for $set {
            const LIMITS: Limits = &[Limit::Each(&[Limit::Nested(limit::limits_of::<T>)])];

            fn validate(&self, report: &mut Report<'_>) {
                for value in self {
                    value.validate(report);
                }
            }
        }
    )*};
}

through_sets!([] BTreeSet<T>, [S] HashSet<T, S>);

macro_rules! through_maps {
    ($([$($generics:tt)*] $map:ty),*) => {$(
        impl<K: Serialize, T: Validate, $($generics)*> Validate for $map {
            const LIMITS: Limits = &[Limit::Each(&[Limit::Nested(limit::limits_of::<T>)])];

            fn validate(&self, report: &mut Report<'_>) {
                for (key, value) in self {
                    value.validate(&mut report.key(key));
                }
            }
        }
    )*};
}

through_maps!([] BTreeMap<K, T>, [S] HashMap<K, T, S>);
