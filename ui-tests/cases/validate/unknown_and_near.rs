use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(lenght(max = 80), requird)]
    pub owner: String,
    #[validate(regex(path = *NOTE), length(mx = 80))]
    pub note: String,
}

fn main() {}
