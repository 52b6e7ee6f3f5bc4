use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(lenght(max = 80), requird)]
    pub owner: String,
    #[validate(length(mx = 80))]
    pub note: String,
}

fn main() {}
