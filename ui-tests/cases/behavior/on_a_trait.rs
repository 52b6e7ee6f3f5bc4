use partitura::prelude::*;

partitura::module! { name: "bank" }

#[behavior]
pub trait Audit {}

fn main() {}
