use partitura::prelude::*;

partitura::module! { name: "bank", imports: [scoped dyn UnitOfWork] }

pub trait UnitOfWork: Send + Sync {}

#[injectable]
pub struct Accounts {
    unit: Arc<dyn UnitOfWork>,
}

fn main() {}
