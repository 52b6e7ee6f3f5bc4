use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable(scope)]
pub struct Accounts;

fn main() {}
