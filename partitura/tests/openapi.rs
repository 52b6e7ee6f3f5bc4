//! The OpenAPI document of the routes, and the page that shows it.
#![cfg(feature = "http")]
#![allow(missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use futures_util::StreamExt;
use partitura::http::Table;
use partitura::http::axum::http::Method;
use partitura::http::openapi::{KeyPlace, SecurityKind, SecurityScheme, document};
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

/// Every method and path of a document.
fn operations(document: &Value) -> BTreeMap<(String, String), &Value> {
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, all): (&String, &'_ Value)| -> Vec<(String, String)> {
        all.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())).collect()
    };
    let keys: Vec<(String, String)> = paths.iter().flat_map(of).collect();
    keys.into_iter().map(|(method, path)| ((method.clone(), path.clone()), &paths[&path][method.to_lowercase()])).collect()
}

#[tokio::test]
async fn router_document_and_describe_are_made_of_one_table() {
    for settings in [&[][..], &["http.prefix = \"/api\"", "http.routes.\"openapi.Echo\" = \"GET /say/{text}\""]] {
        let app = app(settings).await;
        let table = Table::new(app.blueprint(), &app.config().section().unwrap()).unwrap();
        let document = app.openapi().unwrap();
        let documented: BTreeSet<(String, String)> = operations(&document).into_keys().collect();
        let mut bound = BTreeSet::new();
        for route in &table.routes {
            let path = route.path.replace("{*", "{");
            match route.method.name() {
                "ANY" => bound.extend(["GET", "POST", "PUT", "PATCH", "DELETE"].map(|method| (method.to_owned(), path.clone()))),
                method => drop(bound.insert((method.to_owned(), path))),
            }
        }
        assert_eq!(documented, bound);
        let http = app.http().unwrap();
        for (method, path) in &documented {
            let path = path.replace("{id}", "1").replace("{bars}", "1").replace("{path}", "a/b").replace("{text}", "x");
            let answer = http.request(Method::from_bytes(method.as_bytes()).unwrap(), &path).send().await;
            assert!(!matches!(answer.status.as_u16(), 404 | 405), "{method} {path}: {}", answer.text());
        }
        if settings.is_empty() {
            let declared: Vec<(String, String)> = app
                .blueprint()
                .describe()
                .routes
                .into_iter()
                .map(|route| (route.method.name().to_owned(), route.path))
                .collect();
            let bound: Vec<(String, String)> =
                table.routes.iter().map(|route| (route.method.name().to_owned(), route.path.clone())).collect();
            assert_eq!(declared, bound);
        }
    }
}

#[tokio::test]
async fn odd() {
    let app = app(&["http.routes.\"openapi.RenameScore\" = \"PUT /scores/{seen}\""]).await;
    app.http().unwrap();
}
