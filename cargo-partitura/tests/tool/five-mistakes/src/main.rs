//! Five mistakes that compile.

use partitura::prelude::*;

partitura::app! { pub Wrong { modules: [], behaviors: [audit], require: authorization } }

fn main() -> std::process::ExitCode {
    Wrong::main()
}

#[behavior]
async fn audit<M: Message>(_message: &M, next: Next<'_, M>) -> Result<M::Reply> {
    next.run().await
}

pub struct Idle;

#[provider]
async fn idle() -> Result<Idle> {
    Ok(Idle)
}

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct NotClone {}

#[handler(public)]
async fn not_clone(_command: NotClone) -> Result<()> {
    Ok(())
}

#[derive(Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {}

	#[handler] // a tab before, on purpose
async fn open(_command: Open) -> Result<()> {
    Ok(())
}

#[derive(Clone, Serialize, Deserialize, JsonSchema, Event)]
#[event(topic = "orders.placed")]
pub struct Placed {}

#[handler(topic = "order.*")]
async fn on_placed(_event: &Placed) -> Result<()> {
    Ok(())
}

#[derive(Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Show {
    pub id: u64,
}

#[handler(route(get, "/orders/{id}"), public)]
async fn show(query: Show) -> Result<u64> {
    Ok(query.id)
}

#[derive(Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Remove {
    pub number: u64,
}

#[handler(route(delete, "/orders/{number}"), public)]
async fn remove(command: Remove) -> Result<u64> {
    Ok(command.number)
}
