use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable]
pub struct Accounts {
    ledger: Arc<Ledger>,
}

#[injectable]
pub struct Ledger {
    audit: Arc<Audit>,
}

#[injectable]
pub struct Audit {
    accounts: Arc<Accounts>,
}

fn main() {}
