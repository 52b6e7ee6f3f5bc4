use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Ticks;

#[handler(route(head, "/ticks"), route(get, "/ticks", accepted, if_match = "version"))]
pub fn ticks(_query: Ticks) -> impl Stream<Item = Result<u8>> + Send {
    futures_util::stream::empty()
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
