use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(custom = even)]
    pub owner: String,
}

fn even(number: &u32) -> Result<(), &'static str> {
    if number % 2 == 0 { Ok(()) } else { Err("must be even") }
}

fn main() {}
