//! Contracts only, and no `module!`: the messages are named after the crate.

use partitura::prelude::*;

/// What is in stock. Whoever handles it says so.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
#[query(contract, reply = u32)]
pub struct InStock {
    /// Of what.
    pub what: String,
}

/// A room of the domain.
pub mod orders {
    use super::*;

    /// Takes an order.
    #[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
    #[command(contract, reply = Receipt, version = 2)]
    pub struct Order {
        /// Of what.
        #[validate(required)]
        pub what: String,
    }

    /// What was ordered.
    #[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    pub struct Receipt {
        /// How many are left.
        pub left: u32,
    }
}
