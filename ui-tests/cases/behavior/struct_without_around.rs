use partitura::prelude::*;

partitura::module! { name: "bank" }

#[behavior]
pub struct Audit;

fn main() {}
