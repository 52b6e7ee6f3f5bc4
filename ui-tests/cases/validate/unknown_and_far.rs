use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(phone)]
    pub owner: String,
    #[validate(length(between = 80))]
    pub note: String,
    #[validate(email(strict))]
    pub mail: String,
}

fn main() {}
