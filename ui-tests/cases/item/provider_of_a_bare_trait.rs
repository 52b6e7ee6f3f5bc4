use partitura::prelude::*;

partitura::module! { name: "bank" }

pub trait Plug: Send + Sync {}

pub struct First;

impl Plug for First {}

#[provider]
fn first() -> dyn Plug {
    First
}

#[injectable]
pub struct Board {
    plug: Arc<dyn Plug>,
}

fn main() {}
