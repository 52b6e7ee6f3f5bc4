use partitura::prelude::*;

partitura::module! { exports: [dyn domain::Mailer] }

#[injectable(as dyn domain::Mailer)]
pub struct Letter;

impl domain::Mailer for Letter {}
