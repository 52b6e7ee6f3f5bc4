use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct Open;

pub async fn start(cx: &Context) -> Result<()> {
    cx.send(Open).await?;
    Ok(())
}

fn main() {}
