//! No prelude: nothing is in scope that is not named.
#![no_implicit_prelude]

use ::partitura::prelude::{Arc, Command, handler, injectable};

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

/// Opens. Local, because the derive of schemars takes a prelude for granted.
#[derive(Command)]
#[command(local)]
pub struct Open;

/// Opens.
///
/// # Errors
/// Never.
#[handler]
pub async fn open(_command: Open, accounts: &Accounts, ticket: Ticket) -> ::partitura::Result<u32> {
    ::partitura::Result::Ok(accounts.number + ticket.accounts.number)
}

/// Gets ready.
#[::partitura::orchestrate]
pub mod startup {
    use super::Accounts;

    /// Found.
    pub struct Found(u32);

    /// Looks.
    ///
    /// # Errors
    /// Never.
    #[step(compensate = forget, when = wanted)]
    pub async fn find(accounts: &Accounts) -> ::partitura::Result<Found> {
        ::partitura::Result::Ok(Found(accounts.number))
    }

    async fn forget(found: &Found) -> ::partitura::Result<()> {
        let _ = found.0;
        ::partitura::Result::Ok(())
    }

    async fn wanted() -> bool {
        true
    }

    /// Takes.
    ///
    /// # Errors
    /// Never.
    #[step]
    pub fn take(found: &Found) -> ::partitura::Result<u32> {
        ::partitura::Result::Ok(found.0)
    }
}
