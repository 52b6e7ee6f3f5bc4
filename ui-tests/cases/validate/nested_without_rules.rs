use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(nested)]
    pub address: Address,
    #[validate(nested)]
    pub others: Vec<Option<Address>>,
}

pub struct Address;

fn main() {}
