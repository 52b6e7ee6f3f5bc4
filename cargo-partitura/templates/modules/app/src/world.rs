//! Implementations of what the domain asks for.

use domain::Directory;
use partitura::prelude::*;

/// A directory of one person. A database would stand here.
#[injectable(as dyn Directory)]
pub struct OnePerson;

impl Directory for OnePerson {
    fn name(&self, id: u64) -> Option<String> {
        (id == 1).then(|| "Ada".to_owned())
    }
}
