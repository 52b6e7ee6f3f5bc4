use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Event)]
#[event(topic = "orders.{ownr}.opened")]
pub struct Opened {
    pub owner: String,
}

fn main() {}
