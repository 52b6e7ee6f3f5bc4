use partitura::prelude::*;

partitura::module! { name: "bank" }

pub trait Plug: Send + Sync {}

pub struct First;

impl Plug for First {}

#[provider(transient)]
fn first() -> Arc<dyn Plug> {
    Arc::new(First)
}

#[injectable]
pub struct Board {
    plug: Box<dyn Plug>,
}

fn main() {}
