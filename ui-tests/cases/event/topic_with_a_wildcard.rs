use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Event)]
#[event(topic = "orders.*")]
pub struct Opened {
    pub owner: String,
}

fn main() {}
