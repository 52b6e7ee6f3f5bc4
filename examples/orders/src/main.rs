//! Orders, stock and payments: one domain, and every way to reach it. See the README beside it.

pub mod book;
pub mod fulfil;
pub mod messages;

use std::sync::Arc;

use partitura::parity::{Parity, Verb};

use crate::messages::{Cancel, History, List, Place, Show, Turnover, Watch};

partitura::app! { pub Orders { modules: [stock, payments], behaviors: [partitura::behavior::Tracing], require: authorization } }

fn main() -> std::process::ExitCode {
    Orders::main_with(vec![Arc::new(Verb::with(typed))])
}

/// What the verb `parity` sends by type, too.
fn typed(parity: Parity) -> Parity {
    let parity = parity.typed::<Place>().typed::<Show>().typed::<List>().typed::<Cancel>().typed::<History>();
    let parity = parity.typed::<Watch>().typed::<Turnover>().typed::<fulfil::ship::Run>();
    let parity = parity.typed::<stock::ListItems>().typed::<stock::ShowItem>().typed::<stock::Receive>();
    parity.typed::<payments::Refund>()
}

#[cfg(test)]
mod tests;
