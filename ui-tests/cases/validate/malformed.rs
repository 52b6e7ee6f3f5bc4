use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(length = 80)]
    pub one: String,
    #[validate(range(1, 80))]
    pub two: u32,
    #[validate(pattern([a-z]+))]
    pub three: String,
    #[validate(email = true)]
    pub four: String,
    #[validate(custom("check"))]
    pub five: String,
    #[validate = "email"]
    pub six: String,
    #[validate(required length(max = 8))]
    pub seven: String,
    #[validate(length(max = 80, message = long))]
    pub eight: String,
}

fn main() {}
