use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(length(max = 80))]
    pub age: Option<u32>,
}

fn main() {}
