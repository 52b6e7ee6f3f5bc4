use domain::{Clock, Mailer};
use partitura::prelude::*;

partitura::module! { imports: [dyn Clock], exports: [dyn Mailer] }

#[injectable(as dyn Mailer)]
pub struct Courier {
    needs: Arc<dyn Clock>,
}

impl Mailer for Courier {}

impl Courier {
    pub fn needs(&self) -> &dyn Clock {
        &*self.needs
    }
}
