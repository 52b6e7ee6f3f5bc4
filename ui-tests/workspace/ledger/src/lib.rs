use domain::UnitOfWork;
use partitura::prelude::*;

partitura::module! { imports: [dyn UnitOfWork] }

#[injectable]
pub struct Ledger {
    unit: Arc<dyn UnitOfWork>,
}

impl Ledger {
    pub fn unit(&self) -> &dyn UnitOfWork {
        &*self.unit
    }
}
