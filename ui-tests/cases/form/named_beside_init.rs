use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable]
pub struct Accounts {
    #[named("wall")]
    #[init(3)]
    tries: u32,
}

fn main() {}
