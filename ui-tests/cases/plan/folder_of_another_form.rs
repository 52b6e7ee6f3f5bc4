partitura::app! { Shop { modules: [] } }

partitura::folder!("src/models");

fn main() {}
