use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate(output = Receipt)]
mod delivery {
    use partitura::prelude::*;

    pub struct Receipt;

    #[step]
    async fn pack() -> Result<Receipt> {
        Ok(Receipt)
    }
}

fn main() {}
