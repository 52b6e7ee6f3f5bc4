use partitura::prelude::*;

partitura::module! { name: "bank" }

pub trait Plug: Send + Sync {}

#[injectable(as Arc<dyn Plug>)]
pub struct First;

impl Plug for First {}

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[handler]
pub async fn open(_command: Open, it: &dyn Plug) -> Result<()> {
    let _ = it;
    Ok(())
}

fn main() {}
