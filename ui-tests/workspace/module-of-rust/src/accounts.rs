use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[handler]
pub async fn open(command: Open) -> Result<String> {
    Ok(command.owner)
}
