use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event(reply = u32)]
pub struct Opened;

fn main() {}
