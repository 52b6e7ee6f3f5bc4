//! Handlers that send to each other: one box in the circle, and it compiles.

use partitura::prelude::*;

partitura::module! { name: "bank" }

/// There.
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Ping {
    /// How often.
    pub times: u32,
}

/// And back.
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Pong {
    /// How often.
    pub times: u32,
}

/// There.
///
/// # Errors
/// Never.
#[handler]
pub async fn ping(command: Ping, cx: &Context) -> Result<()> {
    match command.times {
        0 => Ok(()),
        times => cx.send(Pong { times: times - 1 }).await,
    }
}

/// And back.
///
/// # Errors
/// Never.
#[handler]
pub async fn pong(command: Pong, cx: &Context) -> Result<()> {
    Box::pin(cx.send(Ping { times: command.times })).await
}
