use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable]
pub struct Counter {
    #[init]
    count: std::cell::Cell<u32>,
}

fn main() {}
