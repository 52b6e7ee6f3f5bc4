//! HTTP: the message's first route, in process.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use partitura_http::HttpApp as _;
use partitura_runtime::error::Kind;
use partitura_runtime::telemetry::trace::TraceParent;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::{Asked, Route, doors};
use crate::answer::{Answer, Refusal};
use crate::home::{Home, KEY};

pub(crate) async fn ask(asked: &Asked, home: &Home<'_>, trace: TraceParent, sse: bool) -> Result<Answer, String> {
    let app = home.test().await?;
    let client = app.http().map_err(|error| error.to_string())?;
    let client = client.with("traceparent", &trace.to_string());
    let client = match home.case.roles {
        Some(_) => client.with("x-api-key", KEY),
        None => client,
    };
    let fields = home.case.input.as_object().cloned().unwrap_or_default();
    let (method, path, body, version) = form(asked.route.as_ref(), home.message, fields);
    let method = method.parse().map_err(|_| format!("`{method}` is no method"))?;
    let mut request = client.request(method, &path);
    if let Some(body) = body {
        request = request.json(&body);
    }
    if let Some(version) = version {
        request = request.header("if-match", &format!("\"{version}\""));
    }
    if sse {
        request = request.header("accept", "text/event-stream");
    }
    let answer = app.world().drive(request.send()).await;
    doors::stop(&app).await?;
    let text = answer.text();
    if !answer.status.is_success() {
        return refusal(answer.status.as_u16(), &text).map(Answer::refused);
    }
    match (asked.streams, sse) {
        (false, _) if text.is_empty() => Ok(Answer::reply(Value::Null)),
        (false, _) => Ok(Answer::reply(read(&text)?)),
        (true, false) => lines(&text),
        (true, true) => events(&text),
    }
}

/// Method, path with query, body, version.
fn form(
    route: Option<&Route>,
    name: &str,
    mut fields: Map<String, Value>,
) -> (String, String, Option<Value>, Option<String>) {
    let Some(route) = route else {
        return ("POST".to_owned(), format!("/messages/{name}"), Some(fields.into()), None);
    };
    let mut path = route.path.clone();
    for name in &route.names {
        let text = fields.shift_remove(name).map(|value| plain(&value)).unwrap_or_default();
        let text = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
        path = path.replace(&format!("{{{name}}}"), &text).replace(&format!("{{*{name}}}"), &text);
    }
    let version = route.if_match.as_ref().and_then(|name| fields.shift_remove(name)).map(|value| plain(&value));
    if ["POST", "PUT", "PATCH"].contains(&&*route.method) {
        return (route.method.clone(), path, Some(fields.into()), version);
    }
    let mut separator = '?';
    for (name, value) in &fields {
        let one = std::slice::from_ref(value);
        for value in value.as_array().map_or(one, Vec::as_slice).iter().filter(|value| !value.is_null()) {
            let _ = write!(path, "{separator}{name}={}", utf8_percent_encode(&plain(value), NON_ALPHANUMERIC));
            separator = '&';
        }
    }
    (route.method.clone(), path, None, version)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn read(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("no JSON: {error}: {text}"))
}

/// JSON lines; the last one may be an error.
fn lines(text: &str) -> Result<Answer, String> {
    let all: Vec<Value> = text.lines().map(read).collect::<Result<_, _>>()?;
    ended(all.into_iter().map(|item| match item.get("error").filter(|error| error.get("status").is_some()) {
        Some(error) => Err(error.clone()),
        None => Ok(item),
    }))
}

fn events(text: &str) -> Result<Answer, String> {
    let events = text.split("\n\n").filter(|event| event.lines().any(|line| line.starts_with("data:")));
    let all = events.map(|event| {
        let data: Vec<&str> =
            event.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim_start).collect();
        let is_error = event.lines().any(|line| line.trim() == "event: error" || line.trim() == "event:error");
        let value = read(&data.join("\n"))?;
        Ok(if is_error { Err(value) } else { Ok(value) })
    });
    ended(all.collect::<Result<Vec<_>, String>>()?.into_iter())
}

fn ended(all: impl Iterator<Item = Result<Value, Value>>) -> Result<Answer, String> {
    let mut items = Vec::new();
    for item in all {
        match item {
            Ok(item) => items.push(item),
            Err(problem) => {
                let status = problem.get("status").and_then(Value::as_u64).unwrap_or(0);
                let refusal = refusal(u16::try_from(status).unwrap_or(0), &problem.to_string())?;
                return Ok(Answer::stream(items, Err(refusal)));
            }
        }
    }
    Ok(Answer::stream(items, Ok(())))
}

/// Problem details, by the table of kinds.
pub(super) fn refusal(status: u16, body: &str) -> Result<Refusal, String> {
    let kinds = match status {
        400 | 422 | 428 => vec![Kind::Invalid],
        401 => vec![Kind::Unauthenticated],
        403 => vec![Kind::Forbidden],
        404 => vec![Kind::NotFound],
        409 | 412 => vec![Kind::Conflict],
        410 => vec![Kind::Gone],
        413 => vec![Kind::TooLarge],
        429 => vec![Kind::TooMany],
        499 => vec![Kind::Cancelled],
        500 => vec![Kind::Internal],
        503 => vec![Kind::Unavailable],
        504 => vec![Kind::Timeout],
        _ => return Err(format!("status {status}: {body}")),
    };
    let problem = read(body)?;
    let pointers = problem.get("errors").and_then(Value::as_array).into_iter().flatten();
    let pointers = pointers.filter_map(|error| error.get("pointer")?.as_str()).map(str::to_owned);
    Ok(Refusal {
        kinds,
        malformed: status == 400,
        code: problem.get("code").and_then(Value::as_str).map(str::to_owned),
        pointers: pointers.collect::<BTreeSet<_>>(),
    })
}
