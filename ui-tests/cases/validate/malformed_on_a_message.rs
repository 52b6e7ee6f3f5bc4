use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    #[validate(pattern = 3)]
    pub owner: String,
}

#[handler]
pub async fn open(_command: Open) -> Result<()> {
    Ok(())
}

fn main() {}
