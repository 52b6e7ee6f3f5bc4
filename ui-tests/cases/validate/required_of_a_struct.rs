use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(required)]
    pub address: Address,
}

pub struct Address;

fn main() {}
