use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

pub trait Plug: Send + Sync {}

#[handler]
pub async fn open(_command: Open, it: All<Arc<dyn Plug>>) -> Result<()> {
    let _ = it;
    Ok(())
}

fn main() {}
