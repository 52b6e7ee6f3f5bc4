use partitura::prelude::*;

#[derive(Validate)]
#[validate(length(max = 3))]
pub enum Open {
    #[validate(required)]
    Owned(#[validate(with = check)] String),
}

fn check(_owner: &str) -> Result<(), &'static str> {
    Ok(())
}

fn main() {}
