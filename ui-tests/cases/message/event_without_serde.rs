use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Event)]
pub struct Opened;

fn main() {}
