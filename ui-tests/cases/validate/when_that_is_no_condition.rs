use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(when(number, required))]
    pub owner: String,
    #[validate(when("self.number", required))]
    pub note: String,
    pub number: u32,
}

fn number(open: &Open) -> u32 {
    open.number
}

fn main() {}
