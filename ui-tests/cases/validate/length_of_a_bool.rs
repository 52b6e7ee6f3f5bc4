use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(length(max = 80))]
    pub express: bool,
}

fn main() {}
