use poem::listener::TcpListener;
use poem::web::Data;
use poem::{EndpointExt, Route, Server};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi, OpenApiService};

#[derive(Object)]
struct Book {
    id: u64,
    title: String,
    lang: Option<String>,
}

#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Place {
    #[oai(validator(min_length = 1, max_length = 100))]
    customer: String,
    #[oai(validator(min_items = 1, max_items = 50))]
    lines: Vec<Line>,
    note: String,
}

#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Line {
    #[oai(validator(min_length = 1, max_length = 40))]
    sku: String,
    #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
    quantity: u32,
    price: u64,
}

#[derive(Object)]
struct Placed {
    number: u64,
    customer: String,
    total: u64,
}

#[derive(ApiResponse)]
enum Found {
    #[oai(status = 200)]
    Book(Json<Book>),
    #[oai(status = 404)]
    Nothing,
}

#[derive(Clone)]
struct Shelf;

struct Api;

#[OpenApi]
impl Api {
    #[oai(path = "/hello", method = "get")]
    async fn hello(&self) -> Json<String> {
        Json("Hello, World!".to_owned())
    }

    #[oai(path = "/books/:id", method = "get")]
    async fn find(&self, _shelf: Data<&Shelf>, id: Path<u64>, lang: Query<Option<String>>) -> Found {
        match id.0 {
            0 => Found::Nothing,
            id => Found::Book(Json(Book { id, title: "The Art of the Fugue".to_owned(), lang: lang.0 })),
        }
    }

    #[oai(path = "/orders", method = "post")]
    async fn place(&self, _shelf: Data<&Shelf>, place: Json<Place>) -> Json<Placed> {
        let place = place.0;
        let _ = place.note;
        let total = crate::total(place.lines.iter().map(|line| (line.quantity, line.price)));
        Json(Placed { number: 7, customer: place.customer, total })
    }
}

pub fn serve(port: u16) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let app = Route::new().nest("/", OpenApiService::new(Api, "peers", "1").data(Shelf));
        Server::new(TcpListener::bind(("127.0.0.1", port))).run(app).await
    })
}
