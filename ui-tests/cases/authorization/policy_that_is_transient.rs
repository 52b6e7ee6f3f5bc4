use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[injectable(transient)]
pub struct OwnBranch;

impl partitura::Policy<Open> for OwnBranch {
    async fn decide(&self, _message: &Open, _cx: &Context) -> Result<partitura::Decision> {
        Ok(partitura::Decision::Allow)
    }
}

#[handler(allow(OwnBranch))]
pub async fn open(_command: Open) -> Result<()> {
    Ok(())
}

fn main() {}
