use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct Accounts;

#[provider]
fn accounts(cx: &Context) -> Accounts {
    let _ = cx;
    Accounts
}

fn main() {}
