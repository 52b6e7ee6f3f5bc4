use partitura::prelude::*;

partitura::module! { name: "bank" }

#[handler]
pub async fn open() -> Result<()> {
    Ok(())
}

fn main() {}
