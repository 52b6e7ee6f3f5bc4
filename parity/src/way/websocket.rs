//! The WebSocket, over TCP: the handshake by hand, so that a refusal before it is seen, and then the frames of the wire.

use std::io;

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use partitura_http::Http;
use partitura_runtime::entrypoint::Entrypoint as _;
use partitura_runtime::telemetry::trace::TraceParent;
use partitura_wire::{Client, ClientOptions, Lost, Receive, Transmit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::{Asked, http, socket};
use crate::answer::{Answer, Refusal};
use crate::home::{Home, KEY};

pub(crate) async fn ask(asked: &Asked, home: &Home<'_>, trace: TraceParent) -> Result<Answer, String> {
    let app = home.real().await?;
    let http = Http::new();
    let place = http.start(&app).await.map_err(|error| error.to_string())?;
    let address = place.trim_start_matches("http://").to_owned();
    let answer = async {
        match upgraded(&address, home).await? {
            Err(refusal) => Ok(Answer::refused(refusal)),
            Ok(stream) => {
                let (write, read) = stream.split();
                let client = Client::connect(Reading(read), Writing(write), app.env(), ClientOptions::default()).await;
                let client = client.map_err(|error| error.to_string())?;
                Ok(socket::over(&client, asked, home, trace).await)
            }
        }
    };
    let answer = answer.await;
    http.drain().await;
    let stopped = http.stop().await;
    drop(app.shutdown().await);
    stopped.map_err(|error| error.to_string())?;
    answer
}

type Upgraded = WebSocketStream<TcpStream>;

/// A connection, or what it was refused with as a route refuses.
async fn upgraded(address: &str, home: &Home<'_>) -> Result<Result<Upgraded, Refusal>, String> {
    let failed = |error: io::Error| format!("{address}: {error}");
    let mut stream = TcpStream::connect(address).await.map_err(failed)?;
    let key = match home.case.roles {
        Some(_) => format!("x-api-key: {KEY}\r\n"),
        None => String::new(),
    };
    let request = format!(
        "GET /ws HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{key}\r\n"
    );
    stream.write_all(request.as_bytes()).await.map_err(failed)?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.map_err(failed)?);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let status: u16 = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    if status == 101 {
        return Ok(Ok(WebSocketStream::from_raw_socket(stream, Role::Client, None).await));
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.map_err(failed)?;
    http::refusal(status, &String::from_utf8_lossy(&body)).map(Err)
}

struct Reading(SplitStream<Upgraded>);

struct Writing(SplitSink<Upgraded, Message>);

fn lost(error: impl std::error::Error + Send + Sync + 'static) -> Lost {
    Lost::Transport(io::Error::other(error))
}

impl Receive for Reading {
    async fn receive(&mut self) -> Result<Option<Bytes>, Lost> {
        loop {
            match self.0.next().await {
                None | Some(Ok(Message::Close(_))) => return Ok(None),
                Some(Ok(Message::Text(text))) => return Ok(Some(text.into())),
                // The protocol answers pings by itself.
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(lost(error)),
            }
        }
    }
}

impl Transmit for Writing {
    async fn transmit(&mut self, frame: Bytes) -> Result<(), Lost> {
        let text = frame.try_into().map_err(lost)?;
        self.0.feed(Message::Text(text)).await.map_err(lost)
    }

    async fn flush(&mut self) -> Result<(), Lost> {
        self.0.flush().await.map_err(lost)
    }

    async fn close(&mut self) {
        drop(self.0.close().await);
    }
}
