use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Event)]
pub struct Opened;

#[handler]
async fn note(_event: &Opened) -> Result<u32> {
    Ok(1)
}

fn main() {}
