use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Command)]
#[command(local)]
pub struct Open<'a> {
    pub owner: &'a str,
}

fn main() {}
