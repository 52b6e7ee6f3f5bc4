//! HTTP for a Partitura application, on axum, hyper and tower.

pub mod auth;
