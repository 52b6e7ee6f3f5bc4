use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable(dispose = close)]
pub struct Pool;

fn close(_it: &Pool) -> Result<()> {
    Ok(())
}

fn main() {}
