use partitura::prelude::*;

partitura::module! { name: "bank" }

#[provider]
fn prepare() -> Result<()> {
    Ok(())
}

fn main() {}
