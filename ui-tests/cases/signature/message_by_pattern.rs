use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[handler]
pub async fn open(Open { owner }: Open) -> Result<()> {
    let _ = owner;
    Ok(())
}

fn main() {}
