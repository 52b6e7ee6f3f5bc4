//! A module with routes.

use partitura::prelude::*;

partitura::module! { name: "annex" }

/// Opens the back door.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct OpenBackDoor {
    /// Which one.
    #[serde(default)]
    pub rest: Option<String>,
}

/// Opens it.
#[handler(route(post, "/back-door"), route(put, "/doors/{*rest}"))]
pub async fn open_back_door(_: OpenBackDoor) -> Result<String> {
    Ok("open".to_owned())
}
