use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable]
pub struct Clock;

#[injectable]
pub struct Accounts {
    clock: Arc<&'static Clock>,
}

fn main() {}
