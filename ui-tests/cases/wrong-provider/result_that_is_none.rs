use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct CachedResult<T> {
    pub rows: Vec<T>,
}

#[provider]
fn rows() -> CachedResult<u32> {
    CachedResult { rows: Vec::new() }
}

fn main() {}
