use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate]
mod startup {
    use partitura::prelude::*;

    #[step]
    async fn migrate() -> Result<()> {
        Ok(())
    }

    #[step(after = migrat)]
    async fn warm() -> Result<()> {
        Ok(())
    }

    #[step(before = [warm, nobody])]
    async fn open() -> Result<()> {
        Ok(())
    }
}

fn main() {}
