use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Opened;

#[handler]
async fn note(_event: &Opened) -> Result<()> {
    Ok(())
}

fn main() {}
