use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(pattern(r"[a-z"))]
    pub one: String,
    #[validate(pattern = "ab(c|d")]
    pub two: String,
    #[validate(pattern(r"\p{Klingon}", message = "no"))]
    pub three: String,
    #[validate(pattern("(?x) a # letters"))]
    pub four: String,
    #[validate(pattern("a)|(b"))]
    pub five: String,
}

fn main() {}
