use partitura::prelude::*;

partitura::app! { pub Bank { modules: [] } }

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Motto;

#[injectable]
pub struct Sign {
    #[init("open".to_owned())]
    text: String,
}

#[handler]
pub async fn motto(_query: Motto, sign: &Sign) -> Result<&str> {
    Ok(&sign.text)
}

fn main() {}
