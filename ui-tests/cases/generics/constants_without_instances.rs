use partitura::prelude::*;
partitura::app! { pub Shop { modules: [] } }
#[injectable]
pub struct Lanes<const N: usize> {
    #[init]
    open: [u8; N],
}

fn main() {}
