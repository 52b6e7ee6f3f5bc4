use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable(for = [String])]
pub struct Pair<A, B> {
    of: std::marker::PhantomData<fn() -> (A, B)>,
}

fn main() {}
