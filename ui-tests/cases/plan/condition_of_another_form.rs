use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate]
mod startup {
    use partitura::prelude::*;

    #[step(when = wanted)]
    async fn open() -> Result<()> {
        Ok(())
    }

    fn wanted() -> u8 {
        1
    }
}

fn main() {}
