partitura::module! { name: "bank", exports: [dyn Store] }

pub trait Store: Send + Sync {}

fn main() {}
