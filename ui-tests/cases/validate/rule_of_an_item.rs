use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(each(email, length(max = 80)))]
    pub numbers: Vec<u64>,
}

fn main() {}
