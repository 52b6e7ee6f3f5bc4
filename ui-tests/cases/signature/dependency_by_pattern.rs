use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[injectable]
pub struct Accounts {
    #[init(1)]
    pub number: u32,
}

#[handler]
pub async fn open(_command: Open, Accounts { number }: &Accounts) -> Result<()> {
    let _ = number;
    Ok(())
}

fn main() {}
