use partitura::prelude::*;

#[derive(Validate)]
pub struct Open {
    #[validate(each())]
    pub tags: Vec<String>,
    #[validate(each(nested, message = "no"), nested(code = "no"))]
    pub words: Vec<Open>,
}

fn main() {}
