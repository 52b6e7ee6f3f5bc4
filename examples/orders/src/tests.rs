use partitura::parity::Parity;

use crate::{Orders, typed};

#[test]
fn one_answer_at_every_entrypoint() {
    let parity = typed(Parity::of(Orders::BLUEPRINT)).cases(include_str!("../parity.toml")).unwrap();
    let table = parity.run().unwrap();
    assert!(table.holds(), "{table}");
    table.compare(concat!(env!("CARGO_MANIFEST_DIR"), "/PARITY.md"));
}
