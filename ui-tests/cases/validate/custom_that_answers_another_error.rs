use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(custom = even)]
    pub number: u32,
}

fn even(_number: &u32) -> Result<(), u8> {
    Err(1)
}

fn main() {}
