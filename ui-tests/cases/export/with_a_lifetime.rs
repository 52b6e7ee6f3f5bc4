use partitura::Result;
use partitura::prelude::*;
partitura::app! { pub Shop { modules: [crate] } }
partitura::module! { name: "m", exports: [scoped Tx] }
#[injectable(scoped)]
pub struct Tx;

fn main() {}
