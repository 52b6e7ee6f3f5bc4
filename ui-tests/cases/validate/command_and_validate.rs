use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command, Validate)]
pub struct Open {
    #[validate(required)]
    pub owner: String,
}

#[handler]
pub async fn open(_command: Open) -> Result<()> {
    Ok(())
}

fn main() {}
