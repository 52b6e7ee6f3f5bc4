use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate(output = Receipt)]
mod delivery {
    use partitura::prelude::*;

    #[derive(Serialize, JsonSchema)]
    pub struct Receipt {
        pub total: u32,
    }

    #[step(after = nobody)]
    async fn pack() -> Result<Receipt> {
        Ok(Receipt { total: 1 })
    }
}

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Order;

#[handler]
async fn order(_: Order, cx: &Context) -> Result<u32> {
    Ok(cx.send(delivery::Run).await?.total)
}

fn main() {}
