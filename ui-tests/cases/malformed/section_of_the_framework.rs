use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Deserialize)]
#[config(section = "runtime")]
pub struct Settings {
    pub url: String,
}

fn main() {}
