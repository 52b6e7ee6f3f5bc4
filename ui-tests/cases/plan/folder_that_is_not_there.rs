partitura::app! { Shop { modules: [] } }

partitura::folder!(pub models = "src/modles", orchestrate);

fn main() {}
