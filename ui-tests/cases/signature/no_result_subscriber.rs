use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Event)]
pub struct Opened;

#[handler]
async fn note(_event: &Opened) -> u32 {
    1
}

fn main() {}
