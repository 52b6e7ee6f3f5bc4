use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable]
pub struct Clock;

#[injectable]
pub struct Accounts {
    clock: Arc<Arc<Clock>>,
}

fn main() {}
