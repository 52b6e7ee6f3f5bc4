use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Event)]
pub struct Opened;

pub mod other {
    use partitura::prelude::*;

    #[derive(Serialize, Deserialize, JsonSchema, Event)]
    #[event(name = "Opened")]
    pub struct OpenedToo;
}

fn main() {}
