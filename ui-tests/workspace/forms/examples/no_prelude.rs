//! No prelude: nothing is in scope that is not named.
#![no_implicit_prelude]

use ::partitura::prelude::{Arc, Command, Deserialize, JsonSchema, Serialize, handler, injectable};

::partitura::module! { name: "bank" }

/// Kept.
#[injectable]
pub struct Accounts {
    #[init(1)]
    number: u32,
}

/// Made for each use.
#[injectable(transient)]
pub struct Ticket {
    accounts: Arc<Accounts>,
}

/// Opens.
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open;

/// Opens.
///
/// # Errors
/// Never.
#[handler]
pub async fn open(_command: Open, accounts: &Accounts, ticket: Ticket) -> ::partitura::Result<u32> {
    ::partitura::Result::Ok(accounts.number + ticket.accounts.number)
}
