use partitura::prelude::*;

partitura::module! { name: "bank", imports: [dyn Store] }

pub trait Store: Send + Sync {}

#[injectable(as dyn Store)]
pub struct Disk;

impl Store for Disk {}

fn main() {}
