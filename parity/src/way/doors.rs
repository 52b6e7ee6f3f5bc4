//! Within the process: by name and by type.

use partitura_runtime::app::Call;
use partitura_runtime::error::Error;
use partitura_runtime::stream::Streaming;
use partitura_runtime::telemetry::trace::TraceParent;
use serde_json::Value;

use super::{Asked, Typed};
use crate::answer::Answer;
use crate::home::Home;

pub(crate) async fn named(asked: &Asked, home: &Home<'_>, trace: TraceParent) -> Result<Answer, String> {
    let app = home.test().await?;
    let door = app.door(Call::by(home.identity()).within(trace));
    let (name, input) = (home.message, home.case.input.clone());
    let answer = async {
        match asked.streams {
            false => door.execute(name, input).await.into(),
            true => collect(door.stream(name, input).await).await,
        }
    };
    let answer = app.world().drive(answer).await;
    stop(&app).await?;
    Ok(answer)
}

pub(crate) async fn typed(asked: &Asked, home: &Home<'_>, trace: TraceParent) -> Result<Answer, String> {
    let Some(send) = asked.typed else { return Err("it has no type here".to_owned()) };
    let app = home.test().await?;
    let door = app.door(Call::by(home.identity()).within(trace));
    let answer = async {
        match send(&door, home.case.input.clone()).await {
            Ok(Typed::Reply(value)) => Answer::reply(value),
            Ok(Typed::Stream(items)) => collect(Ok(items)).await,
            Err(error) => Answer::refused(error.into()),
        }
    };
    let answer = app.world().drive(answer).await;
    stop(&app).await?;
    Ok(answer)
}

/// Waits for what followed, such as subscribers.
pub(super) async fn stop(app: &partitura_runtime::app::TestApp) -> Result<(), String> {
    let ended = app.world().drive(app.shutdown()).await;
    ended.map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}

async fn collect(stream: Result<Streaming<Value>, Error>) -> Answer {
    let mut stream = match stream {
        Ok(stream) => stream,
        Err(error) => return Answer::refused(error.into()),
    };
    let mut items = Vec::new();
    while let Some(item) = stream.next().await {
        match item {
            Ok(item) => items.push(item),
            Err(error) => return Answer::stream(items, Err(error.into())),
        }
    }
    Answer::stream(items, Ok(()))
}
