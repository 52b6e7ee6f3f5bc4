use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct Pool;

#[injectable]
pub struct Store {
    #[init(Pool)]
    pool: Pool,
}

#[provider]
fn pool(store: &Store) -> Result<&Pool> {
    Ok(&store.pool)
}

fn main() {}
