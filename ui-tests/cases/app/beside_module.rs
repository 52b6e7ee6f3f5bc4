partitura::module! { name: "bank" }

partitura::app! { pub Bank { modules: [] } }

fn main() {}
