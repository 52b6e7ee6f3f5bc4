use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct Accounts;

#[injectable]
pub fn accounts() -> Accounts {
    Accounts
}

fn main() {}
