use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable]
pub struct Clock;

#[injectable]
pub struct Accounts {
    clock: Option<Clock>,
}

fn main() {}
