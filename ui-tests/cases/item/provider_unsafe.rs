use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct Pool;

#[provider]
unsafe fn pool() -> Pool {
    Pool
}

fn main() {}
