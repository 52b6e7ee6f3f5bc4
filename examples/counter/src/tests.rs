use partitura_parity::Parity;

use crate::Counter;
use crate::counter::{Add, Count, Reset, Wait, Who};

#[test]
fn one_answer_at_every_entrypoint() {
    let parity =
        Parity::of(Counter::BLUEPRINT).typed::<Add>().typed::<Count>().typed::<Reset>().typed::<Wait>().typed::<Who>();
    let table = parity.cases(include_str!("../parity.toml")).unwrap().run().unwrap();
    assert!(table.holds(), "{table}");
    table.compare(concat!(env!("CARGO_MANIFEST_DIR"), "/PARITY.md"));
}
