use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable]
pub struct Clock;

#[injectable]
pub struct Accounts {
    clock: &'static Clock,
}

fn main() {}
