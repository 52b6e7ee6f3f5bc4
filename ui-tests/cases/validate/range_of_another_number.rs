use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(range(min = 0))]
    pub ratio: f64,
}

fn main() {}
