use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(length(max = 80))]
    #[validate(required, length(min = 1))]
    pub owner: String,
    #[validate(length(max = 80, max = 90))]
    pub note: String,
    #[validate(email, code = "a", code = "b")]
    pub mail: String,
}

fn main() {}
