use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[orchestrate]
async fn startup() -> Result<()> {
    Ok(())
}

fn main() {}
