use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate]
mod startup {
    use partitura::prelude::*;

    pub struct Kept(std::cell::Cell<u32>);

    #[step]
    async fn open() -> Result<Kept> {
        Ok(Kept(std::cell::Cell::new(1)))
    }
}

fn main() {}
