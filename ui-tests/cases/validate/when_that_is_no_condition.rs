use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(required, when = number)]
    pub owner: String,
    #[validate(required, when = "self.number")]
    pub note: String,
    pub number: u32,
}

fn number(open: &Open) -> u32 {
    open.number
}

fn main() {}
