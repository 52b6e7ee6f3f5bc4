use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate]
mod startup {
    use partitura::prelude::*;

    pub struct Migrated;

    #[step]
    async fn migrate() -> Result<Migrated> {
        Ok(Migrated)
    }

    #[step]
    async fn first(_migrated: Migrated) -> Result<()> {
        Ok(())
    }

    #[step(after = first)]
    async fn then(_migrated: &Migrated) -> Result<()> {
        Ok(())
    }

    #[step(retries = 3)]
    async fn again(_migrated: Option<&Migrated>) -> Result<()> {
        Ok(())
    }
}

fn main() {}
