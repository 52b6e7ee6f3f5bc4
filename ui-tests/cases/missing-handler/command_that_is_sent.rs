use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Start;

#[handler]
pub async fn start(_command: Start, cx: &Context) -> Result<()> {
    cx.send(Open { owner: "Ada".into() }).await
}

fn main() {}
