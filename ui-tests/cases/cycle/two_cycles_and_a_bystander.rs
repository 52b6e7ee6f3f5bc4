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

#[injectable]
pub struct Mailer {
    queue: Arc<Queue>,
}

#[injectable]
pub struct Queue {
    mailer: Arc<Mailer>,
}

#[injectable]
pub struct Bystander {
    accounts: Arc<Accounts>,
}

fn main() {}
