use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate]
mod startup {
    use partitura::prelude::*;

    #[step(after = warm)]
    async fn migrate() -> Result<()> {
        Ok(())
    }

    #[step(after = open)]
    async fn warm() -> Result<()> {
        Ok(())
    }

    #[step(after = migrate)]
    async fn open() -> Result<()> {
        Ok(())
    }
}

fn main() {}
