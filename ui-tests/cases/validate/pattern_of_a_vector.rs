use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(pattern("[a-z]+"))]
    pub tags: Vec<String>,
}

fn main() {}
