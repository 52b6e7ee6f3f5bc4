use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct Pool;

#[injectable]
pub struct Store {
    #[init(Pool)]
    pool: Pool,
}

#[provider]
fn pool(store: &Store) -> &Pool {
    &store.pool
}

fn main() {}
