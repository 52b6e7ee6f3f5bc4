//! What a route costs beside the same route by hand on axum.
//!
//! Without an argument it prints the table of instructions and allocations of one request in process; `--gate` fails when a
//! promise is broken; `serve ours|axum PORT` serves one of the two, for a load from outside.

mod by_hand;
#[allow(unreachable_pub, reason = "an application of one crate is written as any other: its items are `pub`")]
mod ours;
#[allow(unreachable_pub, reason = "as above")]
mod work;

use std::process::ExitCode;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use tower::Service;

partitura::app! { pub Bench { modules: [] } }

#[global_allocator]
static ALLOCATOR: meter::Counting = meter::Counting;

/// A route, and what it may cost more than by hand: allocations, and a share of the instructions.
struct Route {
    name: &'static str,
    request: fn() -> Request<Body>,
    allocations: Option<f64>,
    share: Option<f64>,
}

const ROUTES: &[Route] = &[
    Route { name: "text", request: || get("/hello"), allocations: Some(0.0), share: Some(0.25) },
    Route {
        name: "path, query, singleton to JSON",
        request: || get("/books/7?lang=de"),
        allocations: Some(-2.0),
        // Promised are 0.03.
        share: Some(0.11),
    },
    Route {
        name: "the same among 1,000 routes",
        request: || get("/shelf/777/books/7?lang=de"),
        allocations: Some(-2.0),
        share: Some(0.11),
    },
    Route { name: "1 KB JSON, rules, command to JSON", request: post, allocations: Some(-40.0), share: Some(-0.05) },
];

fn get(path: &str) -> Request<Body> {
    Request::builder().uri(path).body(Body::empty()).expect("a request")
}

fn post() -> Request<Body> {
    let request = Request::builder().method("POST").uri("/orders").header("content-type", "application/json");
    request.body(Body::from(work::body())).expect("a request")
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let answer = match arguments[..] {
        ["case", case, n] => one(case, n),
        ["serve", which, port] => serve(which, port),
        ["body"] => {
            print!("{}", work::body());
            Ok(())
        }
        [] => table(false),
        ["--gate"] => table(true),
        _ => Err("usage: bench-http [--gate | serve ours|axum PORT]".to_owned()),
    };
    match answer {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs in the process that is measured: one case, `n` requests. Prints the allocations.
fn one(case: &str, n: &str) -> Result<(), String> {
    let n: u64 = n.parse().map_err(|error| format!("`{n}` is no number of requests: {error}"))?;
    let (which, name) = case.split_once(": ").ok_or("a case is `ours: text`")?;
    let route = ROUTES.iter().find(|route| route.name == name).ok_or("no such route")?;
    runtime()?.block_on(async {
        let mut router = router(which).await?;
        // What is made once is made before.
        let answer = send(&mut router, (route.request)()).await;
        if answer.0 != 200 {
            return Err(format!("{case}: {} {}", answer.0, String::from_utf8_lossy(&answer.1)));
        }
        let before = meter::allocations();
        for _ in 0..n {
            send(&mut router, (route.request)()).await;
        }
        println!("{}", meter::allocations() - before);
        Ok(())
    })
}

async fn router(which: &str) -> Result<Router, String> {
    match which {
        "ours" => Ok(ours::router().await),
        "axum" => Ok(by_hand::router()),
        _ => Err(format!("`{which}` is neither `ours` nor `axum`")),
    }
}

async fn send(router: &mut Router, request: Request<Body>) -> (u16, Vec<u8>) {
    let response = router.call(request).await.unwrap_or_else(|never| match never {});
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    (status, body.to_vec())
}

fn table(gate: bool) -> Result<(), String> {
    let mut broken = String::new();
    println!("{:<36} {:>12} {:>12} {:>8} {:>8} {:>8}", "route", "axum", "ours", "share", "axum", "ours");
    for route in ROUTES {
        let [axum, ours] = ["axum", "ours"].map(|which| meter::cost(&format!("{which}: {}", route.name)));
        let (axum, ours) = (axum?, ours?);
        let share = ours.instructions / axum.instructions - 1.0;
        println!(
            "{:<36} {:>12.0} {:>12.0} {:>+7.1}% {:>8.1} {:>8.1}",
            route.name,
            axum.instructions,
            ours.instructions,
            share * 100.0,
            axum.allocations,
            ours.allocations
        );
        if route.allocations.is_some_and(|more| ours.allocations > axum.allocations + more + 0.01) {
            broken += &format!("{}: more allocations than promised\n", route.name);
        }
        if route.share.is_some_and(|most| share > most) {
            broken += &format!("{}: more instructions than promised\n", route.name);
        }
    }
    if gate && !broken.is_empty() { Err(broken) } else { Ok(()) }
}

fn serve(which: &str, port: &str) -> Result<(), String> {
    let port: u16 = port.parse().map_err(|_| format!("`{port}` is no port"))?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let router = router(which).await?;
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| error.to_string())?;
        axum::serve(listener, router).await.map_err(|error| error.to_string())
    })
}

fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())
}
