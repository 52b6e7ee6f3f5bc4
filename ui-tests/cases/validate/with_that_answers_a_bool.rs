use partitura::prelude::*;

#[derive(Validate)]
#[validate(with = owner)]
pub struct Open {
    pub owner: String,
}

fn owner(open: &Open) -> bool {
    open.owner.is_empty()
}

fn main() {}
