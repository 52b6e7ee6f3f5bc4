use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(required(message = "who are you?"))]
    pub owner: String,
}

fn main() {}
