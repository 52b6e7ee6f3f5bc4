use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate(on = begin, limit = 0, paralel)]
mod startup {
    use partitura::prelude::*;

    #[step(retrys = 3, on_failure = stop, timeout = "5", backoff = "1s", on = start)]
    async fn open() -> Result<()> {
        Ok(())
    }
}

fn main() {}
