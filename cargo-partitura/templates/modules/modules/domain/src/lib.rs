//! What the modules share: types, traits, and messages that one module sends and another handles.

use partitura::prelude::*;

partitura::module! { name: "domain", contracts: [NameOf] }

/// What somebody is called. A contract: the module that handles it says so.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
#[query(contract, reply = String)]
pub struct NameOf {
    pub id: u64,
}

/// Who there is.
pub trait Directory: Send + Sync {
    /// The name of a person, if there is one.
    fn name(&self, id: u64) -> Option<String>;
}
