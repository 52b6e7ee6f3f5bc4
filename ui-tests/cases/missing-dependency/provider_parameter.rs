use partitura::prelude::*;

partitura::module! { name: "bank" }

pub trait Store: Send + Sync {}

pub struct Accounts;

#[provider]
fn accounts(store: &dyn Store) -> Accounts {
    let _ = store;
    Accounts
}

fn main() {}
