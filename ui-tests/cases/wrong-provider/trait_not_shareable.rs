use partitura::prelude::*;

partitura::module! { name: "bank" }

pub trait Mailer {
    fn mail(&self) {}
}

#[injectable(as dyn Mailer)]
pub struct Smtp;

impl Mailer for Smtp {}

fn main() {}
