use partitura::prelude::*;

partitura::module! { name: "bank" }

pub trait Store: Send + Sync {}

#[injectable(as dyn Store)]
pub struct Disk;

fn main() {}
