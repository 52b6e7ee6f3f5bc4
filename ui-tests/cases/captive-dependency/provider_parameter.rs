use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable(scoped)]
pub struct UnitOfWork;

pub struct Accounts;

#[provider]
async fn accounts(unit: &UnitOfWork) -> Result<Accounts> {
    let _ = unit;
    Ok(Accounts)
}

fn main() {}
