use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(each(length(max = 8), email))]
    pub owner: String,
}

fn main() {}
