use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(length(min = 1), each)]
    pub tags: Vec<String>,
    #[validate(pattern, required)]
    pub name: String,
}

fn main() {}
