use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

#[step]
async fn open() -> Result<()> {
    Ok(())
}

fn main() {}
