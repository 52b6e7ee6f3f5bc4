use partitura::prelude::*;

partitura::module! { name: "bank" }

#[provider]
pub struct Accounts;

fn main() {}
