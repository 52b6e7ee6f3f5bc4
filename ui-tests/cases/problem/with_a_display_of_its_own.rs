use partitura::prelude::*;
partitura::app! { pub Shop { modules: [] } }
#[derive(Debug, Problem)]
pub enum ShopError {
    #[problem(kind = not_found)]
    Missing,
}
impl std::fmt::Display for ShopError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("missing")
    }
}
impl std::error::Error for ShopError {}

fn main() {}
