partitura::app! { Shop { modules: [] } }

partitura::folder!(models = "../models", orchestrated, exclusive);

fn main() {}
