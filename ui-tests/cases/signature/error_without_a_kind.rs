use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

pub struct Mishap;

#[handler]
pub async fn open(_command: Open) -> std::result::Result<u32, Mishap> {
    Err(Mishap)
}

fn main() {}
