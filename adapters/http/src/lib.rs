//! HTTP for a Partitura application, on axum, hyper and tower.
//!
//! Routes come from `#[handler(route(get, "/accounts/{id}"))]`, from `#[controller]`, and from the configuration. [`Http`] is the
//! entrypoint that `serve` starts; [`HttpApp`] gives an application's routes as an axum [`Router`](axum::Router), to nest into
//! somebody's own server, and a [`Client`] for tests.

mod app;
pub mod auth;
mod call;
mod client;
mod config;
mod entrypoint;
mod health;
mod layers;
mod message;
pub mod openapi;
mod problem;
mod router;
mod server;
mod table;

pub use app::HttpApp;
pub use axum;
pub use client::{Answer, Client, Request};
pub use config::{HttpConfig, Moved};
pub use entrypoint::Http;
pub use layers::{ClientAddress, CorsConfig, ForwardedHeader, LimitsConfig, Rate, RequestId, RouteLimits};
pub use problem::Problem;
pub use table::{Bound, Leads, Named, Table};
