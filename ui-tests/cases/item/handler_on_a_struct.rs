use partitura::prelude::*;

partitura::module! { name: "bank" }

#[handler]
pub struct Accounts;

fn main() {}
