use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Event)]
pub struct Opened;

pub trait Store: Send + Sync {}

#[handler]
async fn note(_event: &Opened, store: &dyn Store) -> Result<()> {
    let _ = store;
    Ok(())
}

fn main() {}
