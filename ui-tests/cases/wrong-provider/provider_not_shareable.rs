use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct Pool {
    pub open: std::cell::RefCell<u32>,
}

#[provider]
fn pool() -> Pool {
    Pool { open: 0.into() }
}

fn main() {}
