use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

mod others {}

#[orchestrate]
mod startup {
    use partitura::prelude::*;

    #[step]
    use super::others::*;

    #[step]
    async fn open() -> Result<()> {
        Ok(())
    }
}

fn main() {}
