//! A client: the handshake by hand, the frames by tungstenite.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::app::Server;

/// A client that speaks.
pub struct Peer<S = TcpStream>(pub WebSocketStream<S>);

/// An answer that is no upgrade.
#[derive(Debug)]
pub struct Refused {
    pub status: u16,
    pub head: String,
    pub problem: Value,
}

impl Refused {
    pub fn code(&self) -> (u16, &str) {
        (self.status, self.problem["code"].as_str().unwrap_or_default())
    }
}

/// The head of a good handshake, with `more` in it.
pub fn handshake(path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nhost: app.example\r\nconnection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    )
}

/// Sends a head and reads that of the answer.
pub async fn ask(address: SocketAddr, head: &str) -> Result<(TcpStream, String), Refused> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(within(stream.read_u8()).await.unwrap());
    }
    let answer = String::from_utf8(answer).unwrap();
    let status: u16 = answer.split(' ').nth(1).unwrap().parse().unwrap();
    if status == 101 {
        return Ok((stream, answer));
    }
    let length = answer.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    Err(Refused { status, head: answer, problem: serde_json::from_slice(&body).unwrap_or_default() })
}

/// A frame by hand: the first byte, a payload of at most 125 bytes, masked by zeros.
pub fn raw(first: u8, payload: &[u8]) -> Vec<u8> {
    [&[first, 0x80 | payload.len() as u8, 0, 0, 0, 0][..], payload].concat()
}

pub async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), work).await.expect("in time")
}

impl Server {
    /// A client that has heard hello.
    pub async fn open(&self) -> Peer {
        self.open_as("").await.unwrap()
    }

    /// One whose handshake has `more` in it.
    pub async fn open_as(&self, more: &str) -> Result<Peer, Refused> {
        let (stream, head) = ask(self.address, &handshake("/ws", more)).await?;
        assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
        let mut peer = Peer(WebSocketStream::from_raw_socket(stream, Role::Client, None).await);
        assert_eq!(peer.hear().await["type"], "hello");
        Ok(peer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    pub async fn say(&mut self, frame: Value) {
        self.send(Message::text(frame.to_string())).await;
    }

    pub async fn send(&mut self, message: Message) {
        within(self.0.send(message)).await.unwrap();
    }

    /// The next frame, which must come.
    pub async fn hear(&mut self) -> Value {
        loop {
            match within(self.0.next()).await.expect("a frame").unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// A request, and its last frame.
    pub async fn execute(&mut self, name: &str, body: Value) -> Value {
        self.say(json!({ "type": "request", "id": 99, "name": name, "body": body })).await;
        loop {
            let frame = self.hear().await;
            if frame["id"] == 99 && frame["type"] != "item" {
                return frame;
            }
        }
    }

    /// All until it is closed, and the code of that; 1006 if it just broke off, as a browser has it.
    pub async fn rest(&mut self) -> (Vec<Value>, u16) {
        let mut all = Vec::new();
        loop {
            match within(self.0.next()).await {
                Some(Ok(Message::Text(text))) => all.push(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(Some(frame)))) => return (all, frame.code.into()),
                Some(Ok(Message::Close(None))) => return (all, 1005),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return (all, 1006),
            }
        }
    }

    /// The code that it is closed with.
    pub async fn closed(&mut self) -> u16 {
        self.rest().await.1
    }
}
