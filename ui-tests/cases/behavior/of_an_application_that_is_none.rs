pub struct Audit;

partitura::app! { Bank { modules: [], behaviors: [Audit] } }

fn main() {}
