use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable(for = [String])]
pub struct Accounts;

fn main() {}
