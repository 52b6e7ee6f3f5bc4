use partitura::prelude::*;

partitura::module! { name: "bank" }

pub trait Store: Send + Sync {}

#[injectable(as dyn Store)]
pub struct Disk;

impl Store for Disk {}

#[injectable(as dyn Store)]
pub struct Memory;

impl Store for Memory {}

fn main() {}
