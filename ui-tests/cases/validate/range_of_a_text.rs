use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(range(min = 1, max = 80))]
    pub owner: String,
}

fn main() {}
