use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Command)]
#[command(local)]
pub union Open {
    pub owner: u32,
}

#[handler]
pub async fn open(_command: Open) -> Result<()> {
    Ok(())
}

fn main() {}
