use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable]
pub struct Clock;

#[provider]
fn clock() -> Clock {
    Clock
}

fn main() {}
