use partitura::prelude::*;

pub struct Orders<T>(T);

#[controller("/orders")]
impl<T: Send + Sync> Orders<T> {
    #[get]
    async fn list(&self) -> String {
        String::new()
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
