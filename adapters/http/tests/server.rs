//! What stands around routes and the server: in process, and over real sockets.
#![expect(clippy::disallowed_methods, reason = "the clock of the test: its sockets are real")]

use partitura::App;

mod support;

#[path = "server/layers.rs"]
mod layers;
#[path = "server/sockets.rs"]
mod sockets;

partitura::app! { pub Shop { modules: [] } }

/// The application with these settings.
async fn app(settings: &[&str]) -> App {
    let mut loader = Shop::BLUEPRINT.loader().hermetic();
    for setting in settings {
        loader = loader.set(*setting);
    }
    Shop::builder().config(loader.load().unwrap()).build().await.unwrap()
}
