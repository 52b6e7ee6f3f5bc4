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
    async fn left(_migrated: Migrated) -> Result<()> {
        Ok(())
    }

    #[step]
    async fn right(_migrated: Migrated) -> Result<()> {
        Ok(())
    }
}

fn main() {}
