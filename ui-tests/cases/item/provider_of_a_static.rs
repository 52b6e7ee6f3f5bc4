use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct Pool;

static POOL: Pool = Pool;

#[provider]
fn pool() -> &'static Pool {
    &POOL
}

fn main() {}
