use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct Pool;

#[provider]
fn pool() -> impl Future<Output = Pool> {
    async { Pool }
}

fn main() {}
