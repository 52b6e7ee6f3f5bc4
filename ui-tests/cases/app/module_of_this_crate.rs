mod accounts {}

partitura::app! { pub Bank { modules: [crate::accounts] } }

fn main() {}
