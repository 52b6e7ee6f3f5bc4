use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable]
pub struct Accounts {
    #[init = 5]
    number: u32,
}

fn main() {}
