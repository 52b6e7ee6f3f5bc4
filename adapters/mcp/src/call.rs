//! One call of a tool.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::stream::unfold;
use partitura_runtime::app::{Call, Door};
use partitura_runtime::error::{Error, Kind, Result};
use partitura_runtime::stream::{Streaming, collect};
use partitura_runtime::telemetry::trace::TraceParent;
use rmcp::model::{CallToolRequestParams, CallToolResult, ProgressNotificationParam, ProgressToken};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, Peer, RoleServer};
use serde_json::Value;

use crate::answer;
use crate::entrypoint::NAME;
use crate::guard::ToolCall;
use crate::shared::Shared;
use crate::tools::Tool;

/// Calls the tool that is asked for, as `call` says who calls.
///
/// # Errors
/// Only that there is no such tool: what a tool does not do, it says in its result.
///
/// Cancelled when the caller says so: then nobody reads what it answers.
pub(crate) async fn run(
    shared: &Shared,
    request: CallToolRequestParams,
    context: RequestContext<RoleServer>,
    mut call: Call,
) -> Result<CallToolResult, ErrorData> {
    let tool = shared.tools.find(&request.name, &call.identity).map_err(|error| answer::refusal(&error))?;
    let place = match shared.place() {
        Ok(place) => place,
        Err(error) => return Ok(answer::failure(tool, &error, None)),
    };
    // What does not parse is as good as absent (W3C Trace Context).
    if let Some(trace) = context.meta.get("traceparent").and_then(Value::as_str)
        && let Ok(trace) = trace.parse::<TraceParent>()
    {
        call = call.within(trace);
    }
    let limit = if tool.streams { Some(shared.config.stream_timeout()) } else { shared.config.timeout };
    if let Some(deadline) = limit.and_then(|limit| shared.app.env().now().checked_add(limit)) {
        call = call.until(deadline);
    }
    let identity = call.identity.clone();
    let door = shared.app.door(call.at(NAME));
    let arguments = tool.takes.take(request.arguments.unwrap_or_default());
    let progress = context.meta.get_progress_token().map(|token| (context.peer.clone(), token));
    let work = async {
        let asked =
            ToolCall { identity: &identity, tool: &request.name, message: &tool.message, arguments: &arguments };
        shared.guards.ask(&shared.app, &asked).await?;
        send(&door, tool, arguments.clone(), progress).await
    };
    // A guard is the user's, and may panic; a handler that does is isolated by its door.
    let work = AssertUnwindSafe(work).catch_unwind();
    let answered = tokio::select! {
        biased;
        () = context.ct.cancelled() => Err(Error::new(Kind::Cancelled, "the caller cancelled it")),
        () = shared.ended() => Err(Error::unavailable("the application is stopping").with_code("PT0308")),
        answered = work => answered.unwrap_or_else(|_| {
            tracing::error!(target: "partitura", trace_id = %door.trace_id(), tool = &*request.name, "a guard of tools panicked");
            Err(Error::internal("a guard of tools panicked").with_code("PT0305"))
        }),
    };
    drop(place);
    Ok(match answered {
        Ok(value) => answer::reply(tool, value),
        Err(error) => answer::failure(tool, &error, Some(door.trace_id())),
    })
}

async fn send(
    door: &Door,
    tool: &Tool,
    arguments: Value,
    progress: Option<(Peer<RoleServer>, ProgressToken)>,
) -> Result<Value> {
    if !tool.streams {
        return door.execute(&tool.sent, arguments).await;
    }
    let items = door.stream(&tool.sent, arguments).await?;
    match progress {
        None => collect(&tool.sent, items).await,
        Some((peer, token)) => collect(&tool.sent, told(items, peer, token)).await,
    }
}

/// The same items, each told as progress on its way.
fn told(items: Streaming<Value>, peer: Peer<RoleServer>, token: ProgressToken) -> Streaming<Value> {
    Streaming::new(unfold((items, peer, token, 0_u32), async |(mut items, peer, token, number)| {
        let item = items.next().await?;
        let number = number.saturating_add(1);
        if let Ok(value) = &item {
            let progress =
                ProgressNotificationParam::new(token.clone(), f64::from(number)).with_message(value.to_string());
            // Who is told nothing any more still has its result to come, or has gone.
            drop(peer.notify_progress(progress).await);
        }
        Some((item, (items, peer, token, number)))
    }))
}
