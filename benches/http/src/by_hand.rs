//! The same three routes by hand on axum, doing the same: unknown fields refused, every rule checked, errors as JSON.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};

use crate::work::{Book, Order, Placed, Shelf};

#[derive(Deserialize)]
struct Lang {
    lang: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    customer: String,
    lines: Vec<Line>,
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
struct Refused {
    errors: Vec<String>,
}

fn check(place: &Place) -> Result<(), Refused> {
    let mut errors = Vec::new();
    if place.customer.trim().is_empty() {
        errors.push("/customer is required".to_owned());
    }
    if place.customer.chars().count() > 100 {
        errors.push("/customer is too long".to_owned());
    }
    if place.lines.is_empty() || place.lines.len() > 50 {
        errors.push("/lines has too few or too many".to_owned());
    }
    for (at, line) in place.lines.iter().enumerate() {
        if line.sku.trim().is_empty() {
            errors.push(format!("/lines/{at}/sku is required"));
        }
        if line.sku.chars().count() > 40 {
            errors.push(format!("/lines/{at}/sku is too long"));
        }
        if !(1..=1000).contains(&line.quantity) {
            errors.push(format!("/lines/{at}/quantity is out of range"));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Refused { errors }) }
}

async fn hello() -> Json<&'static str> {
    Json("Hello, World!")
}

async fn find(
    State(shelf): State<Arc<Shelf>>,
    Path(id): Path<u64>,
    Query(query): Query<Lang>,
) -> Result<Json<Book>, StatusCode> {
    shelf.find(id, query.lang).map(Json).ok_or(StatusCode::NOT_FOUND)
}

async fn place(
    State(shelf): State<Arc<Shelf>>,
    Json(place): Json<Place>,
) -> Result<Json<Placed>, (StatusCode, Json<Refused>)> {
    check(&place).map_err(|refused| (StatusCode::UNPROCESSABLE_ENTITY, Json(refused)))?;
    let _ = &place.note;
    let lines = place.lines.iter().map(|line| (line.quantity, line.price));
    Ok(Json(shelf.place(Order { customer: place.customer, total: Order::total(lines) })))
}

/// Its routes.
pub(crate) fn router() -> Router {
    let shelves = (0..1_000)
        .fold(Router::new(), |router, shelf| router.route(&format!("/shelf/{shelf}/books/{{id}}"), get(find)));
    shelves
        .route("/hello", get(hello))
        .route("/books/{id}", get(find))
        .route("/orders", post(place))
        .with_state(Arc::new(Shelf::new()))
}
