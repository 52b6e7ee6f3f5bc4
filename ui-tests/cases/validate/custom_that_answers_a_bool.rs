use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(custom = even)]
    pub number: u32,
}

fn even(number: &u32) -> bool {
    number % 2 == 0
}

fn main() {}
