use partitura::prelude::*;

#[injectable]
pub struct Accounts;

fn main() {}
