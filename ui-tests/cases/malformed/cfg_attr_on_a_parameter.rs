use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[injectable]
pub struct Clock;

#[handler]
pub async fn open(_command: Open, #[cfg_attr(unix, named("wall"))] it: &Clock) -> Result<()> {
    let _ = it;
    Ok(())
}

fn main() {}
