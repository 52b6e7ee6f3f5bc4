//! What no compiler sees of a controller is told when its routes are made.
#![cfg(feature = "http")]
#![allow(missing_docs)]

use partitura::http::Path;
use partitura::prelude::*;

partitura::app! { pub Shop { modules: [] } }

#[derive(Deserialize, JsonSchema)]
pub struct Place {
    pub branch: String,
    pub number: u64,
}

#[injectable]
pub struct Desk;

#[controller("/desk")]
impl Desk {
    #[get("/{branch}/{id}")]
    async fn show(&self, Path(place): Path<Place>) -> String {
        format!("{} {}", place.branch, place.number)
    }
}

#[tokio::test]
async fn fields_of_a_path_must_be_those_of_the_struct() {
    let app = Shop::builder().build().await.unwrap();
    let error = app.http().map(drop).unwrap_err();
    let told: Vec<&str> = error.failures().iter().map(|failure| failure.message.as_str()).collect();
    assert_eq!(
        told,
        [
            "`/desk/{branch}/{id}` has no `{number}`, which its method takes [PT0422]",
            "`{id}` of `/desk/{branch}/{id}` is no field of what its method takes [PT0422]",
        ]
    );
}
