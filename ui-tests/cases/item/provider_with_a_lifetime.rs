use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable]
pub struct Clock;

pub struct Pool;

#[provider]
fn pool<'c>(_clock: &'c Clock) -> Pool {
    Pool
}

fn main() {}
