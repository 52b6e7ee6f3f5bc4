use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{CONNECTION, UPGRADE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

async fn started(router: Router) -> (Server, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (Server::start(listener, Arc::new(ArcSwap::from_pointee(router)), &HttpConfig::default(), &Env::real()), address)
}

/// Sends back what comes, until its other end has no more.
async fn echo(mut request: Request) -> Response {
    let upgraded = hyper::upgrade::on(&mut request);
    drop(Env::real().spawn(async move {
        let mut socket = hyper_util::rt::TokioIo::new(upgraded.await.unwrap());
        let mut buffer = [0; 64];
        while let Ok(count) = socket.read(&mut buffer).await
            && count > 0
        {
            socket.write_all(&buffer[..count]).await.unwrap();
        }
    }));
    (StatusCode::SWITCHING_PROTOCOLS, [(CONNECTION, "upgrade"), (UPGRADE, "echo")], Body::empty()).into_response()
}

#[tokio::test]
async fn a_drain_waits_for_connections_that_were_upgraded() {
    let (server, address) = started(Router::new().route("/", get(echo))).await;
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n").await.unwrap();
    let mut head = vec![0; 12];
    socket.read_exact(&mut head).await.unwrap();
    assert_eq!(head, b"HTTP/1.1 101");
    let env = Env::real();
    assert!(env.timeout(Duration::from_millis(200), server.drain()).await.is_err(), "it is still open");
    socket.write_all(b"ping").await.unwrap();
    let mut rest = String::new();
    while !rest.contains("ping") {
        let mut buffer = [0; 256];
        let count = socket.read(&mut buffer).await.unwrap();
        assert!(count > 0);
        rest.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    drop(socket);
    env.timeout(Duration::from_secs(5), server.drain()).await.unwrap();
}

#[tokio::test]
async fn a_panic_of_the_outermost_layer_fails_its_request_alone() {
    async fn panics(request: Request) -> &'static str {
        assert!(request.uri().query().is_none(), "on purpose");
        "well"
    }
    let (_server, address) = started(Router::new().route("/", get(panics))).await;
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket
        .write_all(b"GET /?a HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).await.unwrap();
    assert!(text.starts_with("HTTP/1.1 500") && text.contains("HTTP/1.1 200") && text.ends_with("well"), "{text}");
    assert!(!text.contains("on purpose"));
}
