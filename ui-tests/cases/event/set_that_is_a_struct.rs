use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Opened {
    pub owner: String,
}

#[derive(EventSet)]
pub struct Events(Opened);

fn main() {}
