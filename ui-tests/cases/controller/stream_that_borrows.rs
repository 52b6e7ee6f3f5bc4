use partitura::prelude::*;

#[injectable]
pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[get]
    fn ticks(&self) -> partitura::http::Lines<impl Stream<Item = Result<u8>> + Send> {
        partitura::http::Lines(Counting(self))
    }
}

struct Counting<'a>(&'a Orders);

impl Stream for Counting<'_> {
    type Item = Result<u8>;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<u8>>> {
        let _ = self.0;
        std::task::Poll::Ready(None)
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
