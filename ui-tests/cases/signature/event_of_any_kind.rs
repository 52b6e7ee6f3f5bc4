use partitura::prelude::*;

partitura::app! { pub Bank { modules: [] } }

#[handler]
pub async fn note(_event: &dyn Event) -> Result<()> {
    Ok(())
}

fn main() {}
