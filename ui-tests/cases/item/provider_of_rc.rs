use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct Pool;

#[provider]
fn pool() -> std::rc::Rc<Pool> {
    std::rc::Rc::new(Pool)
}

fn main() {}
