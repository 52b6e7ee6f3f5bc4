use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable]
pub struct Accounts {
    clock Arc<Clock>,
}

fn main() {}
