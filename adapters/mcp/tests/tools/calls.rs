//! The protocol over a pair of streams in process, spoken by the official client.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{app, app_and_journal, call, client, client_as, failure, object, request, text, until};
use partitura::{Entrypoint, Identity};
use rmcp::model::{
    CallToolRequest, CancelledNotificationParam, ClientConfig, ClientRequest, ProgressNotificationParam,
    ReadResourceRequestParams, RequestMetaObject, ResourceContents, ServerResult,
};
use rmcp::service::{NotificationContext, PeerRequestOptions, ServiceError};
use rmcp::{ClientHandler, RoleClient, ServiceExt};
use serde_json::{Value, json};

fn code(error: ServiceError) -> (i32, Value) {
    match error {
        ServiceError::McpError(error) => (error.code.0, error.data.unwrap_or_default()),
        error => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn tools_are_the_messages_that_say_so_as_they_say_it() {
    let app = app(&[]).await;
    let (client, _) = client(&app).await;
    let tools = client.list_all_tools().await.unwrap();
    let names: Vec<&str> = tools.iter().map(|tool| &*tool.name).collect();
    // Without the role for it, `Close` is not shown; `Hidden` is no tool.
    assert_eq!(names, ["tools.Count", "tools.Open", "tools.Sum", "tools.Sum_2", "tools.Traced", "tools.Wait"]);
    let tool = |name: &str| tools.iter().find(|tool| tool.name == name).unwrap();

    let open = tool("tools.Open");
    assert_eq!(open.title.as_deref(), Some("Open an account"));
    assert_eq!(open.description.as_deref(), Some("Opens an account.\n\nIt has nothing in it."));
    let schema = object(&open.input_schema);
    assert_eq!((&schema["type"], &schema["required"]), (&json!("object"), &json!(["owner"])));
    assert_eq!(schema["properties"]["owner"]["minLength"], json!(2));
    assert_eq!(object(open.output_schema.as_ref().unwrap())["required"], json!(["owner", "balance"]));
    let annotations = |name: &str| serde_json::to_value(tool(name).annotations.as_ref().unwrap()).unwrap();
    assert_eq!(
        annotations("tools.Open"),
        json!({ "title": "Open an account", "readOnlyHint": false, "destructiveHint": false, "idempotentHint": false })
    );
    assert_eq!(annotations("tools.Sum"), json!({ "readOnlyHint": true, "openWorldHint": false }));
    assert_eq!(
        annotations("tools.Wait"),
        json!({ "readOnlyHint": false, "destructiveHint": true, "idempotentHint": false })
    );
    // What is no object stands in one.
    assert_eq!(
        object(tool("tools.Sum").output_schema.as_ref().unwrap())["properties"]["result"]["type"],
        json!("integer")
    );
    assert_eq!(object(&tool("tools.Sum_2").input_schema)["properties"]["input"]["type"], json!("array"));
    assert_eq!(
        object(tool("tools.Count").output_schema.as_ref().unwrap())["properties"]["result"]["type"],
        json!("array")
    );
    assert_eq!(object(&tool("tools.Traced").input_schema)["properties"], json!({}));
    assert!(tool("tools.Wait").output_schema.is_none(), "a reply of nothing has no form");
    drop(client);

    let (clerk, _) = client_as(&app, Identity::user("bo").with_role("clerk"), std::future::pending()).await;
    let tools = clerk.list_all_tools().await.unwrap();
    let close = tools.iter().find(|tool| tool.name == "tools.Close").expect("shown to whoever has the role");
    let annotations = serde_json::to_value(close.annotations.as_ref().unwrap()).unwrap();
    assert_eq!(annotations, json!({ "readOnlyHint": false, "destructiveHint": true, "idempotentHint": true }));
}

#[tokio::test]
async fn a_call_is_answered_in_the_form_that_was_told() {
    let app = app(&[]).await;
    let (client, _) = client_as(&app, Identity::user("+bo"), std::future::pending()).await;
    let answer = call(&client, "tools.Open", json!({ "owner": "Ada" })).await.unwrap();
    assert_eq!(answer.is_error, Some(false));
    assert_eq!(answer.structured_content, Some(json!({ "owner": "Ada+bo", "balance": 0 })));
    assert_eq!(serde_json::from_str::<Value>(&text(&answer)).unwrap(), answer.structured_content.unwrap());

    let answer = call(&client, "tools.Sum", json!({ "numbers": [1, 2, 3] })).await.unwrap();
    assert_eq!(answer.structured_content, Some(json!({ "result": 6 })));
    let answer = call(&client, "tools.Sum_2", json!({ "input": [-1, 2] })).await.unwrap();
    assert_eq!(answer.structured_content, Some(json!({ "result": 1 })));
    let answer = call(&client, "tools.Wait", json!({ "seconds": 0 })).await.unwrap();
    assert_eq!((answer.structured_content.clone(), text(&answer)), (None, "done".to_owned()));
    let answer = call(&client, "tools.Count", json!({ "to": 3 })).await.unwrap();
    assert_eq!(answer.structured_content, Some(json!({ "result": [1, 2, 3] })));

    let mut traced = request("tools.Traced", Value::Null);
    let mut meta = RequestMetaObject::new();
    meta.insert("traceparent".into(), json!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    traced.meta = Some(meta);
    let answer = client.call_tool(traced).await.unwrap();
    assert_eq!(answer.structured_content, Some(json!({ "result": "0af7651916cd43dd8448eb211c80319c" })));
}

#[tokio::test]
async fn what_a_tool_cannot_do_a_model_can_read() {
    let app = app(&["mcp.hide=false"]).await;
    let (client, _) = client(&app).await;
    // Missing, unknown and ill-typed fields, all at once, each with its place.
    let answer = call(&client, "tools.Open", json!({ "ower": "Ada" })).await.unwrap();
    let facts = failure(&answer);
    assert_eq!(facts["kind"], "invalid");
    let pointers: Vec<&str> =
        facts["failures"].as_array().unwrap().iter().map(|f| f["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/owner", "/ower"]);
    assert_eq!(facts["trace_id"].as_str().unwrap().len(), 32);
    assert!(text(&answer).contains("- /owner: "), "{}", text(&answer));
    // A tool that declares a form gives nothing of another.
    assert_eq!(answer.structured_content, None);
    let answer = call(&client, "tools.Sum_2", json!({ "input": ["x"] })).await.unwrap();
    assert_eq!(failure(&answer)["failures"][0]["pointer"], "/input/0");
    let answer = call(&client, "tools.Wait", json!({})).await.unwrap();
    assert_eq!(answer.structured_content.as_ref().unwrap()["error"], failure(&answer));

    // A rule, the user's own error, a panic whose text stays inside.
    let answer = call(&client, "tools.Open", json!({ "owner": "A" })).await.unwrap();
    assert_eq!(failure(&answer)["failures"][0]["code"], "length");
    let answer = call(&client, "tools.Open", json!({ "owner": "Eve" })).await.unwrap();
    assert_eq!((&failure(&answer)["kind"], &failure(&answer)["code"]), (&json!("conflict"), &json!("bank.taken")));
    assert!(text(&answer).starts_with("conflict [bank.taken]: Eve has an account"));
    let answer = call(&client, "tools.Open", json!({ "owner": "Mallory" })).await.unwrap();
    assert_eq!(failure(&answer)["kind"], "internal");
    assert!(!text(&answer).contains("secret"), "{}", text(&answer));

    // Who may not call is told so.
    let answer = call(&client, "tools.Close", Value::Null).await.unwrap();
    assert_eq!(failure(&answer)["kind"], "unauthenticated");
    let (user, _) = client_as(&app, Identity::user("bo"), std::future::pending()).await;
    let answer = call(&user, "tools.Close", Value::Null).await.unwrap();
    assert_eq!(failure(&answer)["kind"], "forbidden");
}

#[tokio::test]
async fn what_is_no_tool_is_an_error_of_the_protocol() {
    let app = app(&["mcp.deny=[\"tools.Sum@2\"]"]).await;
    let (client, _) = client(&app).await;
    let (number, data) = code(call(&client, "tools.Opem", json!({})).await.unwrap_err());
    assert_eq!((number, &data["code"]), (-32004, &json!("PT0307")));
    assert!(data["message"].as_str().unwrap().contains("tools.Open"), "{data}");
    for name in ["tools.Hidden", "tools.Sum_2", "", "tools.Open@1"] {
        assert_eq!(code(call(&client, name, json!({})).await.unwrap_err()).0, -32004, "{name}");
    }
}

#[tokio::test]
async fn a_guard_is_asked_and_its_reason_told() {
    let (app, journal) = app_and_journal(&[]).await;
    let (client, _) = client_as(&app, Identity::user("bo"), std::future::pending()).await;
    let answer = call(&client, "tools.Open", json!({ "owner": "Trudy" })).await.unwrap();
    assert_eq!(failure(&answer)["kind"], "forbidden");
    assert!(text(&answer).contains("Trudy is known to us"));
    assert_eq!(journal.lines(), ["tools.Open by Some(\"bo\")"]);
    // One that panics fails its own call.
    let answer = call(&client, "tools.Open", json!({ "owner": "Victor" })).await.unwrap();
    assert_eq!(failure(&answer)["kind"], "internal");
    assert_eq!(call(&client, "tools.Open", json!({ "owner": "Ada" })).await.unwrap().is_error, Some(false));
}

/// A client that keeps what it is told on the way.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<Vec<ProgressNotificationParam>>>);

impl ClientHandler for Listener {
    async fn on_progress(&self, progress: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.0.lock().unwrap().push(progress);
    }

    fn get_info(&self) -> ClientConfig {
        ClientConfig::default()
    }
}

#[tokio::test]
async fn items_of_a_stream_are_progress_and_the_result_is_all_of_them() {
    let app = app(&[]).await;
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let (read, write) = tokio::io::split(theirs);
    let serving = app.clone();
    tokio::spawn(async move {
        partitura::mcp::serve(&serving, Identity::anonymous(), read, write, std::future::pending()).await
    });
    let listener = Listener::default();
    let client = listener.clone().serve(ours).await.unwrap();
    let handle = client
        .send_cancellable_request(
            ClientRequest::CallToolRequest(CallToolRequest::new(request("tools.Count", json!({ "to": 5 })))),
            PeerRequestOptions::no_options(),
        )
        .await
        .unwrap();
    let ServerResult::CallToolResult(answer) = handle.await_response().await.unwrap() else { panic!("no result") };
    assert_eq!(answer.structured_content, Some(json!({ "result": [1, 2, 3, 4, 5] })));
    let told = listener.0.clone();
    until("five notifications", || told.lock().unwrap().len() == 5).await;
    let seen: Vec<(f64, Option<String>)> =
        told.lock().unwrap().iter().map(|told| (told.progress, told.message.clone())).collect();
    let wanted: Vec<(f64, Option<String>)> = (1..=5).map(|n| (f64::from(n), Some(n.to_string()))).collect();
    assert_eq!(seen, wanted);
    // An error ends it, and the bound of collected streams holds.
    let answer = client.call_tool(request("tools.Count", json!({ "to": 20 }))).await.unwrap();
    assert_eq!(failure(&answer)["kind"], "unavailable");
}

#[tokio::test]
async fn a_cancelled_call_cancels_its_handler() {
    let (app, journal) = app_and_journal(&[]).await;
    let (client, _) = client(&app).await;
    let handle = client
        .send_cancellable_request(
            ClientRequest::CallToolRequest(CallToolRequest::new(request("tools.Wait", json!({ "seconds": 60 })))),
            PeerRequestOptions::no_options(),
        )
        .await
        .unwrap();
    until("it waits", || journal.lines() == ["waits"]).await;
    let cancelled = CancelledNotificationParam::new(Some(handle.id.clone()), Some("enough".to_owned()));
    client.notify_cancelled(cancelled).await.unwrap();
    until("it is cancelled", || journal.lines() == ["waits", "cancelled"]).await;
    // The connection goes on.
    assert_eq!(call(&client, "tools.Sum", json!({ "numbers": [1] })).await.unwrap().is_error, Some(false));
}

#[tokio::test]
async fn a_call_ends_by_its_deadline_and_there_are_so_many() {
    let (app, journal) = app_and_journal(&["mcp.timeout=100ms", "mcp.max_calls=1"]).await;
    let (client, _) = client(&app).await;
    let (slow, refused) = tokio::join!(call(&client, "tools.Wait", json!({ "seconds": 60 })), async {
        until("it waits", || !journal.lines().is_empty()).await;
        call(&client, "tools.Sum", json!({ "numbers": [1] })).await
    });
    assert_eq!(failure(&slow.unwrap())["kind"], "timeout");
    let refused = failure(&refused.unwrap());
    assert_eq!((&refused["kind"], &refused["code"]), (&json!("too_many"), &json!("PT0486")));
    assert_eq!(call(&client, "tools.Sum", json!({ "numbers": [1] })).await.unwrap().is_error, Some(false));
}

#[tokio::test]
async fn what_runs_when_the_input_ends_is_answered_and_a_stop_ends_the_connection() {
    // The other side closes its half, and still reads.
    let (app, journal) = app_and_journal(&["runtime.stop_timeout=5s"]).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (client, server) = client_as(&app, Identity::anonymous(), async { drop(stopped.await) }).await;
    let waits = call(&client, "tools.Wait", json!({ "seconds": 1 }));
    let (answer, ()) = tokio::join!(waits, async {
        until("it waits", || !journal.lines().is_empty()).await;
        stop.send(()).unwrap();
    });
    assert_eq!(text(&answer.unwrap()), "done", "what runs has the budget of a stop");
    tokio::time::timeout(Duration::from_secs(5), server).await.expect("it ends").unwrap().unwrap();
}

#[tokio::test]
async fn what_does_not_end_within_the_budget_is_ended() {
    let (app, journal) = app_and_journal(&["runtime.stop_timeout=100ms"]).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (client, server) = client_as(&app, Identity::anonymous(), async { drop(stopped.await) }).await;
    let (answer, ()) = tokio::join!(call(&client, "tools.Wait", json!({ "seconds": 60 })), async {
        until("it waits", || !journal.lines().is_empty()).await;
        stop.send(()).unwrap();
    });
    assert_eq!(failure(&answer.unwrap())["kind"], "unavailable");
    assert_eq!(journal.lines(), ["waits", "cancelled"]);
    tokio::time::timeout(Duration::from_secs(5), server).await.expect("it ends").unwrap().unwrap();
}

async fn read(client: &crate::support::Client, uri: &str) -> Result<Value, ServiceError> {
    let answer = client.read_resource(ReadResourceRequestParams::new(uri)).await?;
    let ResourceContents::TextResourceContents { text, mime_type, .. } = &answer.contents[0] else { panic!("no text") };
    assert_eq!(mime_type.as_deref(), Some("application/json"));
    Ok(serde_json::from_str(text).unwrap())
}

#[tokio::test]
async fn resources_tell_what_agents_may_know() {
    let app = app(&[]).await;
    let (client, _) = client(&app).await;
    let resources = client.list_all_resources().await.unwrap();
    let uris: Vec<&str> = resources.iter().map(|resource| resource.uri.as_str()).collect();
    assert_eq!(
        uris[..3],
        ["partitura://describe", "partitura://messages/tools.Count", "partitura://messages/tools.Open"]
    );
    assert!(!uris.iter().any(|uri| uri.contains("Hidden") || uri.contains("Close")), "{uris:?}");
    let whole = read(&client, "partitura://describe").await.unwrap();
    assert_eq!(whole["application"]["name"], "Tools");
    assert!(!whole.to_string().contains("Journal") && !whole.to_string().contains(".rs"), "{whole}");
    let open = read(&client, "partitura://messages/tools.Open").await.unwrap();
    assert_eq!((&open["name"], &open["agent"]["title"]), (&json!("tools.Open"), &json!("Open an account")));
    for uri in ["partitura://messages/tools.Hidden", "partitura://nothing", "file:///etc/passwd"] {
        assert_eq!(code(read(&client, uri).await.unwrap_err()).0, -32002, "{uri}");
    }
    assert_eq!(client.list_all_resource_templates().await.unwrap().len(), 1);

    let app = crate::support::app(&["mcp.describe=all"]).await;
    let (client, _) = crate::support::client(&app).await;
    assert!(read(&client, "partitura://messages/tools.Hidden").await.is_ok());
    let app = crate::support::app(&["mcp.describe=off"]).await;
    let (client, _) = crate::support::client(&app).await;
    assert!(client.peer_info().unwrap().capabilities.resources.is_none());
    assert!(read(&client, "partitura://describe").await.is_err());
}

#[tokio::test]
async fn what_is_configured_wrongly_is_told() {
    for (set, wanted) in [
        (&["mcp.allow=[\"tools.Opne\"]"][..], "tools.Open"),
        (&["mcp.deny=[\"shop.*\"]"], "is no message for agents"),
        (&["mcp.max_calls=0"], "max_calls"),
    ] {
        let app = app(set).await;
        let error = partitura::mcp::router(&app).unwrap_err();
        assert_eq!(error.code(), "PT0485");
        let checked = partitura::mcp::Mcp::new().check(app.blueprint(), app.config()).unwrap_err();
        assert_eq!(checked.to_string(), error.to_string());
        assert!(
            checked.to_string().contains(&format!("(--set {}=..)", set[0].split('=').next().unwrap())),
            "{checked}"
        );
        assert!(format!("{error:?}").contains(wanted), "{error:?}");
    }
    let app = app(&["mcp.allow=[\"tools.S*\"]", "mcp.dots=false"]).await;
    let (client, _) = client(&app).await;
    let names: Vec<String> = client.list_all_tools().await.unwrap().iter().map(|tool| tool.name.to_string()).collect();
    assert_eq!(names, ["tools_Sum", "tools_Sum_2"]);
    assert_eq!(call(&client, "tools_Sum", json!({ "numbers": [4] })).await.unwrap().is_error, Some(false));
}
