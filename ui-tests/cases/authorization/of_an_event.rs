use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Opened {
    pub owner: String,
}

#[handler(allow("teller"))]
pub async fn opened(_event: &Opened) -> Result<()> {
    Ok(())
}

fn main() {}
