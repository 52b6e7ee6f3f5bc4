use domain::{Clock, Mailer};
use partitura::prelude::*;

partitura::module! { imports: [dyn Mailer], exports: [dyn Clock] }

#[injectable(as dyn Clock)]
pub struct Tower {
    needs: Arc<dyn Mailer>,
}

impl Clock for Tower {}

impl Tower {
    pub fn needs(&self) -> &dyn Mailer {
        &*self.needs
    }
}
