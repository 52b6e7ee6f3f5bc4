use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate(input = Order, output = Receipt, on = start)]
mod delivery {
    use partitura::prelude::*;

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Order;
    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Receipt;

    #[step]
    async fn pack(_order: &Order) -> Result<()> {
        Ok(())
    }
}

fn main() {}
