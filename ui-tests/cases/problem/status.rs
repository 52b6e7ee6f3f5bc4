use partitura::prelude::*;
partitura::app! { pub Shop { modules: [] } }
#[derive(Debug, Problem)]
pub enum ShopError {
    #[problem(status = 404)]
    Missing,
}

fn main() {}
