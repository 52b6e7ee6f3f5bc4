use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(required, when = "self.number >")]
    pub owner: String,
    #[validate(required, when = |open| open.number)]
    pub note: String,
    pub number: u32,
}

fn main() {}
