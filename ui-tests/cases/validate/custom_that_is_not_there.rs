use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(custom = rules::even)]
    pub number: u32,
}

mod rules {}

fn main() {}
