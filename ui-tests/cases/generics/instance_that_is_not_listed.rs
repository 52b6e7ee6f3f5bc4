use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[injectable(for = [String])]
pub struct Repository<T: 'static> {
    of: std::marker::PhantomData<fn() -> T>,
}

#[handler]
pub async fn open(_command: Open, repository: &Repository<u32>) -> Result<()> {
    let _ = repository;
    Ok(())
}

fn main() {}
