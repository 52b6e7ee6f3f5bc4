use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable]
pub struct Accounts {
    ledger: Arc<Ledger>,
}

#[injectable]
pub struct Ledger {
    accounts: Arc<Accounts>,
}

fn main() {}
