use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable]
pub struct Accounts {
    #[init(1, 2)]
    tries: u32,
}

fn main() {}
