use partitura_parity::Parity;

use crate::messages::{Cancel, History, List, Place, Show, Turnover, Watch};
use crate::{Orders, fulfil};

pub(crate) fn typed(parity: Parity) -> Parity {
    let parity = parity.typed::<Place>().typed::<Show>().typed::<List>().typed::<Cancel>().typed::<History>();
    let parity = parity.typed::<Watch>().typed::<Turnover>().typed::<fulfil::ship::Run>();
    let parity = parity.typed::<stock::ListItems>().typed::<stock::ShowItem>().typed::<stock::Receive>();
    parity.typed::<payments::Refund>()
}

#[test]
fn one_answer_at_every_entrypoint() {
    let parity = typed(Parity::of(Orders::BLUEPRINT)).cases(include_str!("../parity.toml")).unwrap();
    let table = parity.run().unwrap();
    println!("{table}");
    assert!(table.holds(), "{table}");
}
