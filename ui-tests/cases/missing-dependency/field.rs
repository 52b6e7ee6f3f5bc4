use partitura::prelude::*;

partitura::module! { name: "bank" }

pub trait Store: Send + Sync {}

#[injectable]
pub struct Accounts {
    store: Arc<dyn Store>,
}

fn main() {}
