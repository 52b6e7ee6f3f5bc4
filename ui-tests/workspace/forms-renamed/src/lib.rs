//! The framework under another name. `module!` is told it, and what needs no module is told it, too.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs)]

use score::prelude::*;

score::module! { name: "bank", crate: score }

/// Opens.
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open;

/// Closes.
#[derive(Serialize, Deserialize, JsonSchema, Command)]
#[command(contract, reply = u32, crate = score)]
pub struct Close;

/// What can go wrong.
#[derive(Debug, Problem)]
#[problem(crate = score)]
pub enum BankError {
    /// Somebody has it.
    #[problem(kind = conflict)]
    Taken,
}

/// Kept.
#[injectable]
pub struct Accounts {
    #[init(1)]
    number: u32,
}

/// Opens.
///
/// # Errors
/// When it is taken.
#[handler]
pub async fn open(_command: Open, accounts: &Accounts) -> Result<u32> {
    match accounts.number {
        0 => Err(BankError::Taken.into()),
        number => Ok(number),
    }
}

/// Answers requests.
#[injectable]
pub struct Desk;

#[controller("/desk", public)]
impl Desk {
    /// How many there are.
    #[get("/{least}")]
    #[must_use]
    pub async fn count(&self, score::http::Path(least): score::http::Path<u32>, accounts: &Accounts) -> String {
        accounts.number.max(least).to_string()
    }
}
/// Gets ready.
#[orchestrate(input = Tenant)]
pub mod startup {
    use super::{Accounts, Tenant};
    use score::prelude::*;

    /// Looks.
    ///
    /// # Errors
    /// Never.
    #[step]
    pub async fn find(tenant: &Tenant, accounts: &Accounts) -> Result<u32> {
        Ok(accounts.number + tenant.count)
    }
}

/// Who comes.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Tenant {
    /// How many.
    pub count: u32,
}
