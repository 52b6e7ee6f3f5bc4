use partitura::prelude::*;

#[injectable]
pub struct Orders;

pub trait Lists {
    fn list(&self) -> String;
}

#[controller("/orders")]
impl Lists for Orders {
    fn list(&self) -> String {
        String::new()
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
