use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable]
pub struct Settings {
    #[init]
    text: String,
}

pub struct View<'a> {
    pub text: &'a str,
}

#[provider]
fn view(settings: &Settings) -> View<'_> {
    View { text: &settings.text }
}

fn main() {}
