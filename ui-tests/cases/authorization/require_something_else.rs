partitura::app! { Bank { modules: [], require: authentication } }

fn main() {}
