use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(email)]
    pub number: u64,
}

fn main() {}
