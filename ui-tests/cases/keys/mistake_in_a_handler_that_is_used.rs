use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Start;

#[handler(timout = "5s")]
pub async fn open(_command: Open) -> Result<u32> {
    Ok(1)
}

#[handler]
pub async fn start(_command: Start, cx: &Context) -> Result<u32> {
    Ok(cx.send(Open { owner: "Ada".into() }).await? + 1)
}

fn main() {}
