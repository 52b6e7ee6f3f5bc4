use partitura::prelude::*;

partitura::module! {}

#[handler]
async fn note(_event: &domain::OpenAccount) -> Result<()> {
    Ok(())
}
