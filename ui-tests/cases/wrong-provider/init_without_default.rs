use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct Tries(pub u32);

#[injectable]
pub struct Accounts {
    #[init]
    tries: Tries,
}

fn main() {}
