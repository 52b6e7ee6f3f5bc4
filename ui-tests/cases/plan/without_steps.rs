use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate]
mod startup {
    use partitura::prelude::*;

    async fn open() -> Result<()> {
        Ok(())
    }
}

fn main() {}
