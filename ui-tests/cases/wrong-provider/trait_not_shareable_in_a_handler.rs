use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

pub trait Mailer {
    fn mail(&self) {}
}

#[injectable(as dyn Mailer)]
pub struct Smtp;

impl Mailer for Smtp {}

#[handler]
pub async fn open(_command: Open, mailer: &dyn Mailer) -> Result<()> {
    mailer.mail();
    Ok(())
}

fn main() {}
