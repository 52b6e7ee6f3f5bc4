use partitura::prelude::*;

partitura::module! {}

#[derive(Command)]
#[command(local)]
pub struct Open {
    pub owner: String,
}

#[handler]
pub async fn open(_command: Open) -> Result<()> {
    Ok(())
}
