use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

pub struct Ticket;

#[handler]
pub async fn open(_command: Open, ticket: Ticket) -> Result<()> {
    let _ = ticket;
    Ok(())
}

fn main() {}
