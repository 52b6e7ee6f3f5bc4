use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate]
mod startup {
    use partitura::prelude::*;

    #[step]
    async fn open() -> Result<()> {
        let kept = std::rc::Rc::new(1);
        std::future::ready(()).await;
        drop(kept);
        Ok(())
    }
}

fn main() {}
