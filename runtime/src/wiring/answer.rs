//! What a provider answers with when its fn names no `Result`: only the types know what an alias is.

use std::marker::PhantomData;

use crate::error::{Error, Result};

/// The answer of a provider whose type has a name that ends in `Result`.
#[diagnostic::on_unimplemented(
    message = "what a provider answers with under a name that ends in `Result` is a `Result` whose error becomes a `partitura::Error` by `?` [PT0130]",
    label = "`{Self}` is none",
    note = "to provide it as it is, write `-> Result<{Self}>` and end with `Ok(..)`"
)]
pub trait MadeOrFailed<T> {
    /// What was made, or why not.
    ///
    /// # Errors
    /// The provider's own, converted.
    fn made_or_failed(self) -> Result<T>;
}

#[diagnostic::do_not_recommend]
impl<T, E: Into<Error>> MadeOrFailed<T> for std::result::Result<T, E> {
    fn made_or_failed(self) -> Result<T> {
        self.map_err(Into::into)
    }
}

/// What was made, or why not.
///
/// # Errors
/// The provider's own, converted.
pub fn made_or_failed<T, A: MadeOrFailed<T>>(answer: A) -> Result<T> {
    answer.made_or_failed()
}

/// Whether a type is a `Result`, asked where the type is known: the inherent constant is found first if it is.
pub struct Whole<T: ?Sized>(PhantomData<fn() -> *const T>);

impl<T, E> Whole<std::result::Result<T, E>> {
    /// It is.
    pub const __PARTITURA_RESULT: bool = true;
}

/// Found for every other type.
pub trait NoResult {
    /// It is none.
    const __PARTITURA_RESULT: bool = false;
}

impl<T: ?Sized> NoResult for Whole<T> {}

/// Refuses a provider that would provide a `Result`: nobody would see that it failed.
#[track_caller]
pub const fn provides_no_result(is_result: bool) {
    assert!(
        !is_result,
        "this names a `Result`, which would itself be what is provided, and its error would be seen by nobody: write `-> Result<..>` out, with the value and the error (an alias may be named `..Result<..>`) [PT0130]"
    );
}
