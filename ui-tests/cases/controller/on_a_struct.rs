use partitura::prelude::*;

#[controller("/orders")]
#[injectable]
pub struct Orders;

partitura::app! { pub Bank { modules: [] } }
fn main() {}
