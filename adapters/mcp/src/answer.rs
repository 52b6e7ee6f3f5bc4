//! What a caller is told: a reply, a failure that a model can learn from, or an error of the protocol.

use std::fmt::Write as _;

use partitura_runtime::error::Error;
use partitura_runtime::telemetry::trace::TraceId;
use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock, ErrorCode, MetaObject};
use serde_json::{Map, Value, json};

use crate::schema::Form;
use crate::tools::Tool;

/// Where a failure stands in the `_meta` of a result.
const KEY: &str = "partitura/error";

/// The reply of a tool.
pub(crate) fn reply(tool: &Tool, value: Value) -> CallToolResult {
    match tool.gives.put(value) {
        Some(value) => CallToolResult::structured(value),
        None => CallToolResult::success(vec![ContentBlock::text("done")]),
    }
}

/// The failure of a tool: for a model as text, for a program in `_meta`, and where the tool declares no form of what it gives
/// also as its structured content (a client may refuse what is not of the declared form).
pub(crate) fn failure(tool: &Tool, error: &Error, trace_id: Option<TraceId>) -> CallToolResult {
    let facts = facts(error, tool.takes, trace_id);
    let mut text = format!("{} [{}]: {}", error.kind(), error.code(), error.public_message());
    for failure in error.failures() {
        let pointer = tool.takes.pointer(&failure.pointer);
        let _ = match pointer.is_empty() {
            true => write!(text, "\n- {}", failure.message),
            false => write!(text, "\n- {pointer}: {}", failure.message),
        };
    }
    if let Some(wait) = error.retry_after() {
        let _ = write!(text, "\ntry again after {} ms", wait.as_millis());
    }
    if let Some(trace_id) = trace_id {
        let _ = write!(text, "\ntrace {trace_id}");
    }
    let mut result = CallToolResult::error(vec![ContentBlock::text(text)]);
    if tool.shown.output_schema.is_none() {
        result.structured_content = Some(json!({ "error": facts }));
    }
    let mut meta = MetaObject::new();
    meta.insert(KEY.to_owned(), facts);
    result.with_meta(Some(meta))
}

/// An error of the protocol: what was asked for is not there, or was not asked for as it should be.
pub(crate) fn refusal(error: &Error) -> ErrorData {
    let data = facts(error, Form::Whole, None);
    ErrorData::new(ErrorCode(error.json_rpc_code()), error.public_message().to_owned(), Some(data))
}

fn facts(error: &Error, takes: Form, trace_id: Option<TraceId>) -> Value {
    let mut facts = Map::from_iter([
        ("kind".to_owned(), json!(error.kind())),
        ("code".to_owned(), json!(error.code())),
        ("message".to_owned(), json!(error.public_message())),
    ]);
    if !error.failures().is_empty() {
        let failures: Vec<Value> = error
            .failures()
            .iter()
            .map(|failure| {
                json!({ "pointer": takes.pointer(&failure.pointer), "code": failure.code, "message": failure.message })
            })
            .collect();
        facts.insert("failures".to_owned(), Value::Array(failures));
    }
    if let Some(wait) = error.retry_after() {
        facts.insert("retry_after_ms".to_owned(), json!(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)));
    }
    if let Some(trace_id) = trace_id {
        facts.insert("trace_id".to_owned(), json!(trace_id.to_string()));
    }
    Value::Object(facts)
}
