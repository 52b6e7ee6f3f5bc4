//! A `Result` of the user's own, and one behind another name.

use partitura::prelude::{Command, Deserialize, JsonSchema, Serialize, handler};

partitura::module! { name: "bank" }

/// The user's own.
pub type Result<T, E = partitura::Error> = std::result::Result<T, E>;
/// Another name.
pub type BankResult = Result<u32>;

/// One.
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct One;

/// Two.
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Two;

/// One.
///
/// # Errors
/// Never.
#[handler]
pub async fn one(_command: One) -> Result<u32> {
    Ok(1)
}

/// Two.
///
/// # Errors
/// Never.
#[handler]
pub async fn two(_command: Two) -> BankResult {
    Ok(2)
}
