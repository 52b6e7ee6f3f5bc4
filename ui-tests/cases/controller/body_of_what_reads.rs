use partitura::http::Json;
use partitura::prelude::*;

#[derive(Deserialize, JsonSchema)]
pub struct Filter {
    pub owner: String,
}

#[injectable]
pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[get]
    async fn list(&self, Json(filter): Json<Filter>) -> String {
        filter.owner
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
