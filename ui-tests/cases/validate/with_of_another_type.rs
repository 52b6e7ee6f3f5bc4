use partitura::prelude::*;

#[derive(Validate)]
#[validate(with = owner)]
pub struct Open {
    pub owner: String,
}

fn owner(owner: &String) -> Result<(), &'static str> {
    if owner.is_empty() { Err("is empty") } else { Ok(()) }
}

fn main() {}
