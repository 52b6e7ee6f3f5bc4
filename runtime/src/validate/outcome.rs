//! What a rule that the user wrote may answer with.

use super::Report;
use crate::error::{Error, Failure, Kind};
use crate::problem::Problem;

/// Why a value is refused by a rule of the user's: made by `?` or `.into()` from a text, a [`Failure`] whose pointer is
/// relative to the value, an [`Error`] or a type that derives `Problem`.
#[derive(Debug)]
pub struct Objection(Reason);

#[derive(Debug)]
enum Reason {
    Failures(Vec<Failure>),
    /// It could not be judged.
    Defect(Error),
}

/// The code of a failure for which the rule gives none.
const CODE: &str = "custom";

impl From<&str> for Objection {
    fn from(message: &str) -> Self {
        Failure::new("", CODE, message).into()
    }
}

impl From<String> for Objection {
    fn from(message: String) -> Self {
        Failure::new("", CODE, message).into()
    }
}

impl From<Failure> for Objection {
    fn from(failure: Failure) -> Self {
        Objection(Reason::Failures(vec![failure]))
    }
}

impl From<Vec<Failure>> for Objection {
    fn from(failures: Vec<Failure>) -> Self {
        Objection(Reason::Failures(failures))
    }
}

impl From<Error> for Objection {
    fn from(error: Error) -> Self {
        if error.kind() == Kind::Internal {
            return Objection(Reason::Defect(error));
        }
        match error.failures() {
            [] => Failure::new("", error.code().to_owned(), error.public_message()).into(),
            failures => failures.to_vec().into(),
        }
    }
}

impl<P: Problem> From<P> for Objection {
    fn from(problem: P) -> Self {
        Error::from(problem).into()
    }
}

/// What a rule of the user's answers with.
#[diagnostic::on_unimplemented(
    message = "a rule does not answer with `{Self}` [PT0143]",
    label = "a rule answers with `Result<(), E>`, where `E` is a text, a `Failure` or an `Error`",
    note = "write `fn(value: &T) -> Result<(), &'static str>`"
)]
pub trait Verdict {
    /// Tells why not, if so.
    fn tell(self, report: &mut Report<'_>);
}

#[diagnostic::do_not_recommend]
impl<E: Into<Objection>> Verdict for std::result::Result<(), E> {
    fn tell(self, report: &mut Report<'_>) {
        match self.map_err(|objection| objection.into().0) {
            Ok(()) => {}
            // A rule that refuses and names no reason has refused all the same.
            Err(Reason::Failures(failures)) if failures.is_empty() => report.fail(CODE, "is not valid"),
            Err(Reason::Failures(failures)) => failures.into_iter().for_each(|failure| report.push(failure)),
            Err(Reason::Defect(error)) => report.give_up(error),
        }
    }
}

/// A rule of a whole value: `fn(&T) -> Result<(), E>` for one failure, `fn(&T, &mut Report<'_>)` for any number.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no rule of `{T}` [PT0143]",
    label = "a rule of the whole takes `&{T}`",
    note = "write `fn(value: &{T}) -> Result<(), &'static str>`, or `fn(value: &{T}, report: &mut Report<'_>)` to tell several failures"
)]
pub trait Whole<T, Form> {
    /// Judges `value`.
    fn judge(self, value: &T, report: &mut Report<'_>);
}

/// `fn(&T, &mut Report<'_>)`
#[doc(hidden)]
pub struct Told;

/// `fn(&T) -> Result<(), E>`
#[doc(hidden)]
pub struct Answered<V>(V);

#[diagnostic::do_not_recommend]
impl<T, F: Fn(&T, &mut Report<'_>)> Whole<T, Told> for F {
    fn judge(self, value: &T, report: &mut Report<'_>) {
        self(value, report);
    }
}

#[diagnostic::do_not_recommend]
impl<T, V: Verdict, F: Fn(&T) -> V> Whole<T, Answered<V>> for F {
    fn judge(self, value: &T, report: &mut Report<'_>) {
        self(value).tell(report);
    }
}

/// `with = path`.
#[doc(hidden)]
pub fn whole<T, Form>(value: &T, report: &mut Report<'_>, rule: impl Whole<T, Form>) {
    rule.judge(value, report);
}
