//! What an application can do that is linked with this crate.

use axum::Router;
use partitura_runtime::app::App;
use partitura_runtime::error::Result;
use serde_json::Value;

use crate::client::Client;
use crate::entrypoint::Http;
use crate::{openapi, router};

/// The routes of an application.
pub trait HttpApp {
    /// The routes as an axum [`Router`], to nest into somebody's own server or to serve alone: each request is a message, with
    /// the limits that the configuration sets. What stands around a whole server, such as compression and an access log, is not in
    /// it, nor an answer for paths that lead nowhere.
    ///
    /// # Errors
    /// Kind invalid with every mistake of the configuration's section `http`: a route that is no route, two on one path.
    fn router(&self) -> Result<Router>;

    /// The OpenAPI 3.1 document of the routes, as `/openapi.json` has it.
    ///
    /// # Errors
    /// As [`HttpApp::router`].
    fn openapi(&self) -> Result<Value>;

    /// Calls routes in process, with everything that stands around the server, and without a socket: for tests.
    ///
    /// # Errors
    /// As [`HttpApp::router`].
    fn http(&self) -> Result<Client>;
}

impl HttpApp for App {
    fn router(&self) -> Result<Router> {
        router::nested(self)
    }

    fn openapi(&self) -> Result<Value> {
        let (shared, table) = router::set_up(self, self.config(), &self.admission())?;
        Ok(openapi::document(self.blueprint(), &table, &shared.callers.schemes()))
    }

    fn http(&self) -> Result<Client> {
        Ok(Client::of(Http::new().router(self)?))
    }
}
