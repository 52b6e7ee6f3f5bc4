//! Values that no log, no error and no `config` verb may show.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Visitor};

/// A value that is not shown: `Debug` and `Display` print `***`, and it cannot be serialised.
///
/// Read it where it is needed with [`Secret::expose`].
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret<T>(T);

/// What is shown in place of a secret.
pub(super) const REDACTED: &str = "***";

/// By this name the reader of the configuration knows that what it reads next is secret.
pub(super) const NAME: &str = "$partitura::config::Secret";

thread_local! {
    /// How many secrets this thread has read, through whatever deserializer.
    static READ: Cell<u64> = const { Cell::new(0) };
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
        deserializer.deserialize_newtype_struct(NAME, Inner(PhantomData))
    }
}
