//! The Unix socket, through the file system.

use partitura_runtime::app::App;
use partitura_runtime::entrypoint::Entrypoint as _;
use partitura_runtime::error::Error;
use partitura_runtime::telemetry::trace::TraceParent;
use partitura_socket::{Socket, connect};
use partitura_wire::{Client, Request};

use super::Asked;
use crate::answer::Answer;
use crate::home::Home;

pub(crate) async fn ask(asked: &Asked, home: &Home<'_>, trace: TraceParent) -> Result<Answer, String> {
    let (app, socket) = open(home).await?;
    let answer = match connect(home.path("socket")).await {
        Ok(client) => Ok(over(&client, asked, home, trace).await),
        Err(error) => Err(error.to_string()),
    };
    close(&app, &socket).await?;
    answer
}

/// An application that listens.
pub(super) async fn open(home: &Home<'_>) -> Result<(App, Socket), String> {
    let app = home.real().await?;
    let socket = Socket::new();
    socket.start(&app).await.map_err(|error| error.to_string())?;
    Ok((app, socket))
}

/// Waits for what followed, such as subscribers.
pub(super) async fn close(app: &App, socket: &Socket) -> Result<(), String> {
    socket.drain().await;
    let stopped = socket.stop().await;
    drop(app.shutdown().await);
    stopped.map_err(|error| error.to_string())
}

/// A question to any client of the wire.
pub(super) async fn over(client: &Client, asked: &Asked, home: &Home<'_>, trace: TraceParent) -> Answer {
    let request = Request::new(home.message, home.case.input.clone()).within(trace);
    if !asked.streams {
        return client.send(request).await.into();
    }
    let refused = |error: Error| Answer::refused(error.into());
    let mut stream = match client.send_stream(request).await {
        Ok(stream) => stream,
        Err(error) => return refused(error),
    };
    let mut items = Vec::new();
    loop {
        match stream.next().await {
            Some(Ok(item)) => items.push(item),
            Some(Err(error)) => return Answer::stream(items, Err(error.into())),
            None => return Answer::stream(items, Ok(())),
        }
    }
}
