use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Event)]
pub struct Opened;

#[handler]
async fn note(_event: Opened) -> Result<()> {
    Ok(())
}

fn main() {}
