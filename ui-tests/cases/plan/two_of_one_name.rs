use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate(name = "startup")]
mod one {
    use partitura::prelude::*;

    #[step]
    async fn open() -> Result<()> {
        Ok(())
    }
}

#[orchestrate(name = "startup")]
mod two {
    use partitura::prelude::*;

    #[step]
    async fn open() -> Result<()> {
        Ok(())
    }
}

fn main() {}
