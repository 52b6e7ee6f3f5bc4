use partitura::prelude::*;

partitura::module! { name: "bank" }

pub trait Store: Send + Sync {}

#[injectable(as dyn Store, named = "the fast one")]
pub struct Disk;

impl Store for Disk {}

fn main() {}
