use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(length(min = -1))]
    pub one: String,
    #[validate(length(max = 1.5))]
    pub two: String,
    #[validate(length())]
    pub three: String,
    #[validate(length(equal = 2, max = 3))]
    pub four: String,
    #[validate(range())]
    pub five: u32,
    #[validate(range(min = 1, above = 2))]
    pub six: u32,
}

fn main() {}
