use std::sync::Arc;

use serde::{Deserialize, Serialize};
use summer::App;
use summer::plugin::MutableComponentRegistry;
use summer_web::axum::Json;
use summer_web::axum::http::StatusCode;
use summer_web::axum::response::{IntoResponse, Response};
use summer_web::extractor::{Component, Path, Query};
use summer_web::handler::TypeRouter;
use summer_web::{Router, WebConfigurator, WebPlugin, get, post};

#[derive(Serialize)]
struct Book {
    id: u64,
    title: String,
    lang: Option<String>,
}

#[derive(Deserialize)]
struct Lang {
    lang: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    customer: String,
    lines: Vec<Line>,
    #[allow(dead_code)]
    note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    sku: String,
    quantity: u32,
    price: u64,
}

#[derive(Serialize)]
struct Placed {
    number: u64,
    customer: String,
    total: u64,
}

#[derive(Clone)]
struct Shelf(#[allow(dead_code)] Arc<()>);

#[get("/hello")]
async fn hello() -> Json<&'static str> {
    Json("Hello, World!")
}

#[get("/books/{id}")]
async fn find(Component(shelf): Component<Shelf>, Path(id): Path<u64>, Query(query): Query<Lang>) -> Response {
    let _ = shelf;
    match id {
        0 => StatusCode::NOT_FOUND.into_response(),
        id => Json(Book { id, title: "The Art of the Fugue".to_owned(), lang: query.lang }).into_response(),
    }
}

#[post("/orders")]
async fn place(Component(shelf): Component<Shelf>, Json(place): Json<Place>) -> Response {
    let _ = shelf;
    let fine = !place.customer.trim().is_empty()
        && place.customer.chars().count() <= 100
        && (1..=50).contains(&place.lines.len())
        && place.lines.iter().all(|line| {
            !line.sku.trim().is_empty() && line.sku.chars().count() <= 40 && (1..=1000).contains(&line.quantity)
        });
    if !fine {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    }
    let total = crate::total(place.lines.iter().map(|line| (line.quantity, line.price)));
    Json(Placed { number: 7, customer: place.customer, total }).into_response()
}

pub fn serve(port: u16) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let router = Router::new().typed_route(hello).typed_route(find).typed_route(place);
        App::new()
            .use_config_str(&format!("[web]\nbinding = \"127.0.0.1\"\nport = {port}\n[logger]\nenable = false\n"))
            .add_component(Shelf(Arc::new(())))
            .add_plugin(WebPlugin)
            .add_router(router)
            .run()
            .await;
    });
    Ok(())
}
