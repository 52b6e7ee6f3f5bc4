use partitura::prelude::*;

#[injectable]
pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[get]
    async fn show(&self) -> String {
        let local = std::rc::Rc::new(1);
        std::future::ready(()).await;
        local.to_string()
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
