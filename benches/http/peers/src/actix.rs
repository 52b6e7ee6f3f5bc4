use actix_web::{App, HttpResponse, HttpServer, get, post, web};

use crate::shop::{Book, Lang, Place};

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
    if !place.is_fine() {
        return HttpResponse::UnprocessableEntity().finish();
    }
    HttpResponse::Ok().json(place.placed())
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
