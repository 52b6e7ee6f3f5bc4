use partitura::prelude::*;

partitura::module! { exports: [dyn domain::Mailer] }

#[injectable(as dyn domain::Mailer)]
pub struct Smtp;

impl domain::Mailer for Smtp {}
