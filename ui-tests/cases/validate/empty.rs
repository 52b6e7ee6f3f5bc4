use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
#[validate]
pub struct Open {
    #[validate()]
    pub owner: String,
    #[validate(message = "no")]
    pub note: String,
}

#[handler]
pub async fn open(_command: Open) -> Result<()> {
    Ok(())
}

fn main() {}
