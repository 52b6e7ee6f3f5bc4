pub trait Mailer: Send + Sync {}

partitura::app! { pub Bank { modules: [], imports: [dyn Mailer] } }

fn main() {}
