use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate(input = Order)]
mod delivery {
    use partitura::prelude::*;

    #[derive(Serialize, Deserialize)]
    pub struct Order;

    #[step]
    async fn pack(_order: &Order) -> Result<()> {
        Ok(())
    }
}

fn main() {}
