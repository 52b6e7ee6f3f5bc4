use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate]
mod startup {
    use partitura::prelude::*;

    #[step]
    struct Open;

    #[step]
    async fn open() -> Result<()> {
        Ok(())
    }
}

fn main() {}
