use partitura::prelude::*;

partitura::module! { name: "bank" }

pub trait Plug: Send + Sync {}

#[injectable]
pub struct Plugs {
    all: All<&'static dyn Plug>,
}

fn main() {}
