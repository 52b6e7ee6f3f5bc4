use partitura::prelude::*;

#[handler]
pub async fn open(_command: String) -> Result<()> {
    Ok(())
}

fn main() {}
