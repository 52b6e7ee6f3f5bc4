//! What an operation answers: its reply, and the problems that may keep it from it.

use partitura_runtime::access::Access;
use partitura_runtime::error::Kind;
use partitura_runtime::input::shape::Shape;
use serde_json::{Map, Value, json};

use super::input::Input;
use super::schemas::Schemas;

/// What an operation answers when all goes well.
pub(super) struct Reply {
    /// The status.
    pub(super) status: u16,
    /// What its body is.
    pub(super) form: Form,
    /// The schema of the reply, or of one item of a stream; `None` if its type has none.
    pub(super) schema: Option<Value>,
    /// Whether `Location` says where it is.
    pub(super) location: bool,
    /// Whether it says something of itself: a version, a next page.
    pub(super) says: bool,
    /// Whether the operation is `GET` or `HEAD`.
    pub(super) reads: bool,
}

/// What the body of a reply is.
pub(super) enum Form {
    /// There is none.
    Nothing,
    /// Only its method knows.
    Unknown,
    /// A value in this media type.
    One(&'static str),
    /// Items, one after the other, in any of these.
    Stream(&'static [&'static str]),
}

const LINES: &str = "application/x-ndjson";
const EVENTS: &str = "text/event-stream";
/// The forms of what a message streams.
pub(super) const STREAM: &[&str] = &[LINES, EVENTS, "application/json"];

/// Adds the answers of a success.
pub(super) fn succeed(reply: Reply, module: &str, schemas: &mut Schemas, responses: &mut Map<String, Value>) {
    let has = |name: &str| {
        reply.says
            && reply
                .schema
                .as_ref()
                .is_some_and(|root| Shape::new(root).fields().iter().any(|field| field.name == name))
    };
    let (has_version, has_next) = (has("version"), has("next"));
    let text = match (reply.status, &reply.form) {
        (201, _) if reply.location => "It is made, and `Location` says where it is.",
        (201, _) => "It is made.",
        (202, _) => "It will be done.",
        (_, Form::Nothing) => "Done. There is nothing to say.",
        (_, Form::Stream(_)) => "The items, one after the other, as they come.",
        _ => "The reply.",
    };
    let mut response = json!({ "description": text });
    let mut headers = Map::new();
    let text = json!({ "type": "string" });
    if reply.location {
        let own = json!({ "description": "Where it is.", "schema": { "type": "string", "format": "uri-reference" } });
        headers.insert("Location".to_owned(), own);
    }
    if has_version {
        let own = json!({ "description": "The version of what is answered, for `If-Match` and `If-None-Match`.", "schema": text });
        headers.insert("ETag".to_owned(), own);
    }
    if has_next {
        let own =
            json!({ "description": "Where the next page is (RFC 8288). Not there on the last one.", "schema": text });
        headers.insert("Link".to_owned(), own);
    }
    if !headers.is_empty() {
        response["headers"] = Value::Object(headers);
    }
    let mut schema = |media: &str| match (&reply.schema, media) {
        (Some(schema), _) => schemas.add(module, schema.clone()),
        (None, media) if media.starts_with("text/") => json!({ "type": "string" }),
        (None, "application/octet-stream") => json!({ "type": "string", "format": "binary" }),
        (None, _) => json!({}),
    };
    match reply.form {
        Form::Nothing | Form::Unknown => {}
        Form::One(media) => response["content"] = json!({ media: { "schema": schema(media) } }),
        Form::Stream(forms) => {
            let item = schema(LINES);
            let all = forms.iter().map(|media| ((*media).to_owned(), stream(media, &item)));
            response["content"] = Value::Object(all.collect());
        }
    }
    responses.insert(reply.status.to_string(), response);
    if has_version && reply.reads {
        let own = json!({
            "description": "It is in the version that `If-None-Match` names.",
            "headers": { "ETag": { "description": "The version.", "schema": text } },
        });
        responses.insert("304".to_owned(), own);
    }
}

/// One form of a stream. OpenAPI 3.1 has no word for the schema of an item; `x-item-schema` says it.
fn stream(media: &str, item: &Value) -> Value {
    let text = match media {
        LINES => {
            "One item a line, as JSON. If it fails on the way, the last line is `{\"error\": ..}` with the problem."
        }
        EVENTS => {
            "An event for each item, its `data` as JSON. If it fails on the way, the last event is `error`, with the problem."
        }
        _ => {
            let text = "All items in one list, within a limit.";
            return json!({ "schema": { "type": "array", "items": item, "description": text } });
        }
    };
    json!({ "schema": { "type": "string", "description": text }, "x-item-schema": item })
}

/// The problems, each under its name in `components/responses`.
struct Told {
    name: &'static str,
    status: u16,
    kind: Kind,
    /// What happened.
    text: &'static str,
    /// A header that comes with it, and what it says.
    header: Option<(&'static str, &'static str)>,
}

const fn told(name: &'static str, status: u16, kind: Kind, text: &'static str) -> Told {
    Told { name, status, kind, text, header: None }
}

const fn with(told: Told, header: &'static str, says: &'static str) -> Told {
    Told { header: Some((header, says)), ..told }
}

const PROBLEMS: [Told; 15] = [
    told("Malformed", 400, Kind::Invalid, "The request is not understood; `errors` lists every mistake."),
    with(
        told("Unauthenticated", 401, Kind::Unauthenticated, "Credentials are needed, or do not hold."),
        "WWW-Authenticate",
        "How they are shown.",
    ),
    told("Forbidden", 403, Kind::Forbidden, "The caller may not do this."),
    told("NotFound", 404, Kind::NotFound, "It is not there."),
    told("NotAcceptable", 406, Kind::Invalid, "`Accept` leaves out every form of the answer."),
    told("Conflict", 409, Kind::Conflict, "It contradicts what is there: load it again."),
    told("Changed", 412, Kind::Conflict, "It is in another version by now than the one in `If-Match`."),
    told("TooLarge", 413, Kind::TooLarge, "The body is too large."),
    told("UnsupportedMediaType", 415, Kind::Invalid, "The form of the body is not understood."),
    told("Invalid", 422, Kind::Invalid, "The request is understood, and breaks rules; `errors` lists each."),
    told("PreconditionRequired", 428, Kind::Invalid, "`If-Match` is missing."),
    told("Internal", 500, Kind::Internal, "Something is wrong on this side; the log has it under `trace_id`."),
    with(
        told("Unavailable", 503, Kind::Unavailable, "Something that is needed does not answer now: try again later."),
        "Retry-After",
        "After how many seconds.",
    ),
    told("Timeout", 504, Kind::Timeout, "It took too long."),
    told("Problem", 0, Kind::Internal, "Whatever else may go wrong."),
];

/// Adds the problems that may happen.
pub(super) fn fail(
    input: &Input,
    access: Access,
    has_rules: bool,
    has_reply: bool,
    responses: &mut Map<String, Value>,
) {
    let is = |place: &str| input.parameters.iter().any(|own| own["in"] == place);
    let (checked, in_path, if_match, body) = (access.is_checked(), is("path"), is("header"), input.body.is_some());
    for told in &PROBLEMS {
        let happens = match told.status {
            401 | 403 => checked,
            404 => in_path,
            406 => has_reply,
            409 | 412 | 428 => if_match,
            413 | 415 => body,
            422 => has_rules,
            _ => true,
        };
        if happens {
            responses.insert(key(told), json!({ "$ref": format!("#/components/responses/{}", told.name) }));
        }
    }
}

fn key(told: &Told) -> String {
    match told.status {
        0 => "default".to_owned(),
        status => status.to_string(),
    }
}

/// `components.responses`.
pub(super) fn components(schemas: &mut Schemas) -> Value {
    let problem = schemas.add("problem", partitura_runtime::input::schema_of::<crate::problem::Problem>());
    let one = |told: &Told| {
        let mut content = json!({ "schema": problem });
        if told.status > 0 {
            let title = if told.status == 400 { "the input is not understood" } else { told.kind.title() };
            content["example"] = json!({
                "type": "about:blank",
                "title": title,
                "status": told.status,
                "detail": told.text,
                "code": told.kind.name(),
            });
        }
        let mut own = json!({ "description": told.text, "content": { "application/problem+json": content } });
        if let Some((name, says)) = told.header {
            own["headers"] = json!({ name: { "description": says, "schema": { "type": "string" } } });
        }
        (told.name.to_owned(), own)
    };
    Value::Object(PROBLEMS.iter().map(one).collect())
}
