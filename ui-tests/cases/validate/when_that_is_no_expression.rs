use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(when("self.number >", required))]
    pub owner: String,
    #[validate(when(|open| open.number, required))]
    pub note: String,
    #[validate(required, when = number)]
    pub other: String,
    #[validate(when(number))]
    pub last: String,
    pub number: u32,
}

fn main() {}
