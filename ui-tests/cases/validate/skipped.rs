use partitura::prelude::*;

#[derive(Serialize, Deserialize, Validate)]
pub struct Open {
    #[serde(skip)]
    #[validate(required)]
    pub owner: String,
    #[serde(skip_deserializing)]
    #[validate(required)]
    pub note: String,
}

fn main() {}
