use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate]
mod startup {
    use partitura::prelude::*;

    pub struct Warmed;

    #[step]
    async fn open(_warmed: &Warmed) -> Result<()> {
        Ok(())
    }
}

fn main() {}
