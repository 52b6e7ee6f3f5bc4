use partitura::http::Path;
use partitura::prelude::*;

#[injectable]
pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[get("/{year}/{id}")]
    async fn show(&self, Path((year, month, id)): Path<(u16, u8, u64)>) -> String {
        format!("{year} {month} {id}")
    }

    #[get("/{year}/{id}/lines")]
    async fn lines(&self, Path(id): Path<u64>) -> String {
        id.to_string()
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
