use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable]
pub struct Clock;

#[injectable]
pub struct Accounts {
    clock: Arc<Clock>,
    #[cfg_attr(unix, init(3))]
    tries: u32,
}

fn main() {}
