//! How an application's own error enum gets a kind, a code and a text: `#[derive(Problem)]`.

use std::any::Any;
use std::error::Error as StdError;

use crate::error::{Error, Kind};

/// An error with a kind and a code. Written by `#[derive(Problem)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no problem type",
    note = "put `#[derive(Debug, Problem)]` on `{Self}` and `#[problem(kind = ..)]` on its variants"
)]
pub trait Problem: StdError + Send + Sync + 'static {
    /// The kind, which decides the form at each entrypoint.
    fn kind(&self) -> Kind;
    /// The stable code for programs, such as `bank.no_funds`.
    fn code(&self) -> &'static str;
}

/// How `?` finds out that an error is a [`Problem`]: a `From` impl cannot ask whether its type has another trait, so
/// each derive leaves its type's description here. It holds descriptions only, no state of any application.
#[linkme::distributed_slice]
pub static PROBLEMS: [ProblemType];

/// The description of one type that derives [`Problem`].
pub struct ProblemType(fn(&dyn Any) -> Option<Error>);

impl ProblemType {
    /// The description of `P`.
    pub const fn of<P: Problem>() -> Self {
        ProblemType(|error| error.downcast_ref::<P>().map(describe))
    }
}

fn describe<P: Problem>(problem: &P) -> Error {
    Error::new(problem.kind(), problem.to_string()).with_code(problem.code())
}

/// The kind, code and text that `error` declares, if its type derives [`Problem`].
pub(crate) fn classify(error: &dyn Any) -> Option<Error> {
    PROBLEMS.iter().find_map(|problem| problem.0(error))
}
