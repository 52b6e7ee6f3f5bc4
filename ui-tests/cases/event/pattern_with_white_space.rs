use partitura::prelude::*;

partitura::module! { name: "bank" }

#[handler(topic = "orders. placed")]
pub async fn opened(_event: &AnyEvent) -> Result<()> {
    Ok(())
}

fn main() {}
