use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[handler]
pub async fn open(_command: Open) -> Result<()> {
    let rc = std::rc::Rc::new(1);
    pause().await;
    let _ = rc;
    Ok(())
}

async fn pause() {}

fn main() {}
