use std::sync::Arc;

use summer::App;
use summer::plugin::MutableComponentRegistry;
use summer_web::axum::Json;
use summer_web::axum::http::StatusCode;
use summer_web::axum::response::{IntoResponse, Response};
use summer_web::extractor::{Component, Path, Query};
use summer_web::handler::TypeRouter;
use summer_web::{Router, WebConfigurator, WebPlugin, get, post};

use crate::shop::{Book, Lang, Place};

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
    if !place.is_fine() {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    }
    Json(place.placed()).into_response()
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
