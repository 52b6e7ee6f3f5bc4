use partitura::prelude::*;

partitura::module! { name: "bank" }

#[handler]
pub async fn opened(_event: AnyEvent) -> Result<()> {
    Ok(())
}

fn main() {}
