use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Ping;

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Pong;

#[handler]
pub async fn ping(_command: Ping, cx: &Context) -> Result<()> {
    cx.send(Pong).await
}

#[handler]
pub async fn pong(_command: Pong, cx: &Context) -> Result<()> {
    cx.send(Ping).await
}

fn main() {}
