use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable]
pub struct Repository<T> {
    of: std::marker::PhantomData<fn() -> T>,
}

fn main() {}
