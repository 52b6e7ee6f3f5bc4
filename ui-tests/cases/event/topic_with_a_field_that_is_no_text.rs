use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Event)]
#[event(topic = "orders.{owner}.opened")]
pub struct Opened {
    pub owner: Vec<u8>,
}

fn main() {}
