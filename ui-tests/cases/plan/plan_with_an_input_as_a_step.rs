use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate(input = Order)]
mod delivery {
    use partitura::prelude::*;

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Order;

    #[step]
    async fn pack(_order: &Order) -> Result<()> {
        Ok(())
    }
}

#[orchestrate]
mod startup {
    #[step]
    use super::delivery;
}

fn main() {}
