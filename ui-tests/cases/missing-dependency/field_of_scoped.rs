use partitura::prelude::*;

partitura::module! { name: "bank" }

pub trait Store: Send + Sync {}

#[injectable(scoped)]
pub struct Accounts {
    store: Arc<dyn Store>,
}

fn main() {}
