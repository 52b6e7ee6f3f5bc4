use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable(as = "dyn Store")]
pub struct Accounts;

fn main() {}
