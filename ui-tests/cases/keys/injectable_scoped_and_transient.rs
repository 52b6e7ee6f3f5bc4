use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable(scoped, transient)]
pub struct Accounts;

fn main() {}
