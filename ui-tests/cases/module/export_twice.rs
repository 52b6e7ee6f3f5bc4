use partitura::prelude::*;

partitura::module! { name: "bank", exports: [Accounts, Accounts] }

#[injectable]
pub struct Accounts;

fn main() {}
