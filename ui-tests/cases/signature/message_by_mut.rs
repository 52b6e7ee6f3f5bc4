use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Event)]
pub struct Open;

#[handler]
pub async fn open(_command: &mut Open) -> Result<()> {
    Ok(())
}

fn main() {}
