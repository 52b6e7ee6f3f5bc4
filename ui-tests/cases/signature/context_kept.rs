use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Pay {
    pub amount: u32,
}

pub trait Mailer: Send + Sync {}

#[injectable]
pub struct Store;

#[injectable]
pub struct Kept {
    pub cx: Arc<Context>,
}

#[handler]
async fn pay(command: Pay, cx: Arc<Context>, perhaps: Option<&Context>) -> Result<()> {
    let _ = (command, cx, perhaps);
    Ok(())
}

fn main() {}
