use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Command)]
#[command(local)]
pub struct Open {
    pub owner: std::rc::Rc<str>,
}

#[handler]
pub async fn open(_command: Open) -> Result<()> {
    Ok(())
}

fn main() {}
