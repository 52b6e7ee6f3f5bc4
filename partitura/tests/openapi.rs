//! The OpenAPI document of the routes, and the page that shows it.
#![cfg(feature = "http")]

use std::sync::Mutex;

use futures_util::StreamExt;
use partitura::prelude::*;
use partitura::reply::File;
use serde_json::{Value, json};

include!("openapi/library.rs");

async fn app(settings: &[&str]) -> partitura::App {
    let mut loader = Library::BLUEPRINT.loader().hermetic();
    for setting in settings {
        loader = loader.set(*setting);
    }
    Library::builder().config(loader.load().unwrap()).build().await.unwrap()
}

#[tokio::test]
async fn look() {
    println!("{:#}", app(&[]).await.openapi().unwrap());
}
