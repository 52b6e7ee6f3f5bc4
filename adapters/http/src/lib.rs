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
mod controller;
mod entrypoint;
mod health;
mod layers;
mod message;
mod mount;
pub mod openapi;
mod problem;
mod router;
mod server;
mod table;
mod websocket;

pub use app::HttpApp;
pub use axum;
pub use client::{Answer, Client, Request};
pub use config::{HttpConfig, Moved};
pub use controller::{Accepted, Created, Download, Events, Form, Json, Lines, NoContent, Path, Query, Refusal};
pub use entrypoint::Http;
pub use layers::{ClientAddress, CorsConfig, ForwardedHeader, LimitsConfig, Rate, RequestId, RouteLimits};
pub use problem::Problem;
pub use table::{Bound, Leads, Named, Table};
pub use websocket::{WebSocketConfig, Who};

/// What is known of controllers, for what is made of them: a document, for one.
pub mod controllers {
    pub use crate::controller::{Controller, Input, Known, Method, MethodDocs, Output, Source};
}

/// What generated code refers to. No part of the public API.
#[doc(hidden)]
pub mod generated {
    pub use crate::controller::generated::*;
}
