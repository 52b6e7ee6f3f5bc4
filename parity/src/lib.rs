//! One message, every entrypoint, one answer.
//!
//! Takes each message of an application through each of its entrypoints with the same inputs: valid, malformed, invalid,
//! unauthenticated, forbidden, failing, panicking, slow. Every answer must be what the named door answers: the same reply, kind,
//! code and pointers, and the same messages must have run below it. What an entrypoint does not offer must be refused there.
//!
//! ```ignore
//! #[test]
//! fn one_answer_at_every_entrypoint() {
//!     let table = Parity::of(Orders::BLUEPRINT).typed::<Place>().cases(include_str!("../parity.toml")).run();
//!     assert!(table.holds(), "{table}");
//! }
//! ```
//!
//! Each answer comes from an application of its own, built for it; so nothing that one did is seen by the next. Handlers run for
//! real: an application whose handlers reach out into the world is given fakes, as for any other test.

mod answer;
mod case;
mod home;
mod invent;
mod probe;
mod run;
mod table;
mod verb;
mod way;

pub use run::Parity;
pub use table::{Cell, Row, Table};
pub use verb::Verb;
