use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable]
pub enum Accounts {
    None,
}

fn main() {}
