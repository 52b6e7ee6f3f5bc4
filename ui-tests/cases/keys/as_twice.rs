use partitura::prelude::*;

partitura::module! { name: "bank" }

pub trait Reader: Send + Sync {}
pub trait Writer: Send + Sync {}

#[injectable(as dyn Reader, as dyn Writer)]
pub struct Disk;
impl Reader for Disk {}
impl Writer for Disk {}

fn main() {}
