use partitura::prelude::*;

partitura::module! { name: "bank" }

pub trait Plug: Send + Sync {}

#[injectable(as dyn Plug, many, named = "first")]
pub struct First;

impl Plug for First {}

fn main() {}
