use partitura::prelude::*;
partitura::app! { pub Shop { modules: [] } }
#[derive(Debug, Problem)]
pub enum ShopError {
    #[problem(kind = "not_found")]
    Missing,
}
pub fn find() -> Result<()> {
    Err(ShopError::Missing)?
}

fn main() {}
