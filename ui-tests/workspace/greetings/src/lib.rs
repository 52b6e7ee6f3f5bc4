use domain::Mailer;
use partitura::prelude::*;

partitura::module! { imports: [dyn Mailer] }

#[injectable]
pub struct Greeter {
    mailer: Arc<dyn Mailer>,
}

impl Greeter {
    pub fn mailer(&self) -> &dyn Mailer {
        &*self.mailer
    }
}
