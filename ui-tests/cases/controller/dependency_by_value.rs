use partitura::prelude::*;

#[injectable]
pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[get]
    async fn show(&self, ledger: Ledger) -> String {
        ledger.0.to_owned()
    }
}

#[injectable]
pub struct Ledger(#[init("ledger")] &'static str);

impl Orders {
    fn unused(&self) {}
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
