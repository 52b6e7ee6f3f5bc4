//! Payments: money for orders. The bank is a table in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use partitura::prelude::*;

partitura::module! { name: "payments" }

/// What can go wrong here.
#[derive(Debug, Problem)]
pub enum PaymentError {
    /// The bank does not pay.
    #[problem(kind = conflict, code = "payments.declined", message = "the card was declined")]
    Declined,
    /// Nobody has paid for it.
    #[problem(kind = not_found, code = "payments.none", message = "order {0} has no payment")]
    None(u64),
}

/// Who has paid what.
#[injectable]
#[derive(Default)]
pub struct Ledger {
    #[init]
    paid: Mutex<BTreeMap<u64, u64>>,
}

/// What was paid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Payment {
    /// The order that it is for.
    pub order: u64,
    /// How much.
    pub cents: u64,
}

/// Takes money for an order. For other modules alone: nothing outside can name it.
#[derive(Debug, Clone, Command)]
#[command(local)]
pub struct Charge {
    /// The order that it is for.
    pub order: u64,
    /// How much.
    pub cents: u64,
    /// The number of the card. One that ends in 0000 is declined.
    pub card: String,
}

#[handler(public)]
pub async fn charge(command: Charge, ledger: &Ledger) -> Result<Payment> {
    if command.card.ends_with("0000") {
        return Err(PaymentError::Declined.into());
    }
    ledger.paid.lock().unwrap_or_else(PoisonError::into_inner).insert(command.order, command.cents);
    Ok(Payment { order: command.order, cents: command.cents })
}

/// Gives the money of an order back. A second time gives nothing.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Refund {
    /// The order that it was for.
    #[schemars(example = 1)]
    pub order: u64,
}

#[handler(route(post, "/payments/{order}/refund"), allow("clerk"))]
pub async fn refund(command: Refund, ledger: &Ledger) -> Result<Payment> {
    let paid = ledger.paid.lock().unwrap_or_else(PoisonError::into_inner).remove(&command.order);
    Ok(paid.map(|cents| Payment { order: command.order, cents }).ok_or(PaymentError::None(command.order))?)
}
