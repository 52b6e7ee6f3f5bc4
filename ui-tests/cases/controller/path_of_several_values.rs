use partitura::http::Path;
use partitura::prelude::*;

#[injectable]
pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[get("/{ids}")]
    async fn show(&self, Path(ids): Path<Vec<u64>>) -> String {
        format!("{ids:?}")
    }

    #[get("/{year}/{name}")]
    async fn named(&self, Path((_, name)): Path<(u16, &str)>) -> String {
        name.to_owned()
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
