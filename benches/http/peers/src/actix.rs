use actix_web::{App, HttpResponse, HttpServer, get, post, web};
use serde::{Deserialize, Serialize};

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

struct Shelf;

#[get("/hello")]
async fn hello() -> web::Json<&'static str> {
    web::Json("Hello, World!")
}

#[get("/books/{id}")]
async fn find(shelf: web::Data<Shelf>, id: web::Path<u64>, query: web::Query<Lang>) -> HttpResponse {
    let _ = shelf;
    match *id {
        0 => HttpResponse::NotFound().finish(),
        id => HttpResponse::Ok().json(Book {
            id,
            title: "The Art of the Fugue".to_owned(),
            lang: query.into_inner().lang,
        }),
    }
}

#[post("/orders")]
async fn place(shelf: web::Data<Shelf>, place: web::Json<Place>) -> HttpResponse {
    let _ = shelf;
    let place = place.into_inner();
    let fine = !place.customer.trim().is_empty()
        && place.customer.chars().count() <= 100
        && (1..=50).contains(&place.lines.len())
        && place.lines.iter().all(|line| {
            !line.sku.trim().is_empty() && line.sku.chars().count() <= 40 && (1..=1000).contains(&line.quantity)
        });
    if !fine {
        return HttpResponse::UnprocessableEntity().finish();
    }
    let total = crate::total(place.lines.iter().map(|line| (line.quantity, line.price)));
    HttpResponse::Ok().json(Placed { number: 7, customer: place.customer, total })
}

pub fn serve(port: u16) -> std::io::Result<()> {
    actix_web::rt::System::new().block_on(async {
        HttpServer::new(|| App::new().app_data(web::Data::new(Shelf)).service(hello).service(find).service(place))
            .workers(2)
            .bind(("127.0.0.1", port))?
            .run()
            .await
    })
}
