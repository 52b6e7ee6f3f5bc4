use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(length(min = 80, max = 1))]
    pub owner: String,
    #[validate(range(min = 1.5, max = -1.5))]
    pub ratio: f64,
    #[validate(range(above = 3, below = 3))]
    pub number: u32,
}

fn main() {}
