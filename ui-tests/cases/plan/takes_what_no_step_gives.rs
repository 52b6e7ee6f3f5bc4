use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate]
mod startup {
    use partitura::prelude::*;

    pub struct Migrated;
    pub struct Warmed;

    #[step]
    async fn migrate() -> Result<Migrated> {
        Ok(Migrated)
    }

    #[step]
    async fn by_value(_warmed: Warmed) -> Result<()> {
        Ok(())
    }

    #[step]
    async fn a_plain_value(_count: u32) -> Result<()> {
        Ok(())
    }
}

fn main() {}
