//! A house's own facade: its applications depend on it, and on nothing of the framework.

pub use partitura::*;

/// What the house's code begins with.
pub mod prelude {
    pub use partitura::prelude::*;
}
