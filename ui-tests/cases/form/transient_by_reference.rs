use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[injectable(transient)]
pub struct Ticket;

#[handler]
pub async fn open(_command: Open, it: &Ticket) -> Result<()> {
    let _ = it;
    Ok(())
}

fn main() {}
