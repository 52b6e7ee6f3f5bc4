use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate]
mod startup {
    use partitura::prelude::*;

    #[step]
    async fn nothing() {}

    #[step]
    async fn number() -> u32 {
        1
    }

    #[step]
    async fn text() -> Result<u32, String> {
        Ok(1)
    }
}

fn main() {}
