//! Values that no log, no error and no `config` verb may show.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A value that is not shown: `Debug` and `Display` print `***`, and it cannot be serialised.
///
/// Read it where it is needed with [`Secret::expose`].
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret<T>(T);

/// What is shown in place of a secret.
pub(super) const REDACTED: &str = "***";

/// By this name the reader of the configuration knows that what it reads next is secret.
pub(super) const NAME: &str = "$partitura::config::Secret";

/// What an error of a secret says in place of its own words.
pub(crate) const HIDDEN: &str = "a secret in it is not valid; why is not shown, because it would show the secret";

thread_local! {
    /// How many secrets this thread has read, through whatever deserializer.
    static READ: Cell<u64> = const { Cell::new(0) };
    /// How many secrets, one in the other, this thread is reading now.
    static WITHIN: Cell<usize> = const { Cell::new(0) };
}

/// Whether a secret is being read: what goes wrong now may not be told. The reader alone cannot know that, since serde reads what it
/// has buffered (`flatten`, `tag`) by deserializers of its own.
pub(super) fn is_within() -> bool {
    WITHIN.get() > 0
}

/// Held while a secret is read, also by a type that panics.
struct Within;

impl Within {
    fn enter() -> Self {
        WITHIN.set(WITHIN.get() + 1);
        Within
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        WITHIN.set(WITHIN.get().saturating_sub(1));
    }
}

/// How many secrets were read here: if it grows, there was one in what was read meanwhile.
pub(super) fn read() -> u64 {
    READ.get()
}

impl<T> Secret<T> {
    /// Makes a secret of `value`.
    pub const fn new(value: T) -> Self {
        Secret(value)
    }

    /// The value. Take care where it goes.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Secret(value)
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Inner<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Inner<T> {
            type Value = Secret<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a secret")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Self::Value, D::Error> {
                T::deserialize(inner).map(Secret)
            }
        }
        READ.set(READ.get().wrapping_add(1));
        let within = Within::enter();
        let value = deserializer.deserialize_newtype_struct(NAME, Inner(PhantomData));
        drop(within);
        // The error of another deserializer quotes the value. The reader's own keeps it to itself, and knows the place.
        value.map_err(|error| if error.to_string() == HIDDEN { error } else { D::Error::custom(HIDDEN) })
    }
}
