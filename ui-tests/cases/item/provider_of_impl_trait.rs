use partitura::prelude::*;

partitura::module! { name: "bank" }

pub trait Store: Send + Sync {}

pub struct Disk;

impl Store for Disk {}

#[provider]
fn store() -> impl Store {
    Disk
}

fn main() {}
