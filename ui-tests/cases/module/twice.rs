partitura::module! { name: "bank" }
partitura::module! { name: "accounts" }

fn main() {}
