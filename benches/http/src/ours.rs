//! The three routes as a user of Partitura writes them.

use partitura::http::axum::Router;
use partitura::prelude::*;

use crate::Bench;
use crate::work::{Book, Order, Placed, Shelf};

/// A text.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Hello {}

#[handler(route(get, "/hello"), public)]
pub async fn hello(_: Hello) -> Result<&'static str> {
    Ok("Hello, World!")
}

/// A path, a query, and a singleton.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Find {
    pub id: u64,
    #[serde(default)]
    pub lang: Option<String>,
}

/// What is shared.
#[injectable]
pub struct Books {
    #[init(Shelf::new())]
    shelf: Shelf,
}

#[handler(route(get, "/books/{id}"), public)]
pub async fn find(query: Find, books: &Books) -> Result<Book> {
    books.shelf.find(query.id, query.lang).ok_or_else(|| Error::not_found("no such book"))
}

/// 1 KB of JSON, with rules.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Place {
    #[validate(required, length(max = 100))]
    pub customer: String,
    #[validate(length(min = 1, max = 50), each(nested))]
    pub lines: Vec<Line>,
    pub note: String,
}

/// One line of it.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Validate)]
pub struct Line {
    #[validate(required, length(max = 40))]
    pub sku: String,
    #[validate(range(min = 1, max = 1000))]
    pub quantity: u32,
    pub price: u64,
}

#[handler(route(post, "/orders"), public)]
pub async fn place(command: Place, books: &Books) -> Result<Placed> {
    let lines = command.lines.iter().map(|line| (line.quantity, line.price));
    Ok(books.shelf.place(Order { customer: command.customer, total: Order::total(lines) }))
}

/// Its routes.
pub(crate) async fn router() -> Router {
    let mut loader = Bench::BLUEPRINT.loader().hermetic();
    let shelves: Vec<String> = (0..1_000)
        .map(|shelf| format!("\"GET /shelf/{shelf}/books/{{id}}\""))
        .chain(["\"GET /books/{id}\"".to_owned()])
        .collect();
    loader = loader.set(format!("http.routes.\"bench_http.Find\" = [{}]", shelves.join(", ")));
    let config = loader.load().expect("the configuration is fine");
    let app = Bench::builder().config(config).build().await.expect("the program starts");
    // The routes alone, as the other one has no more.
    app.router().expect("the routes are fine")
}
