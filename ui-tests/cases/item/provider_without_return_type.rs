use partitura::prelude::*;

partitura::module! { name: "bank" }

#[provider]
fn accounts() {}

fn main() {}
