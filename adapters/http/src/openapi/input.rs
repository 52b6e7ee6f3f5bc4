//! What an operation takes: the fields of its message in the path, the query, a header and the body.

use partitura_runtime::input::shape::Shape;
use serde_json::{Map, Value, json};

use super::closed;
use super::schemas::Schemas;

/// The parameters and the body of one operation.
#[derive(Default)]
pub(super) struct Input {
    pub(super) parameters: Vec<Value>,
    pub(super) body: Option<Value>,
}

/// Where the fields of a message are.
pub(super) struct Places<'a> {
    /// The module, for the names of schemas.
    pub(super) module: &'a str,
    /// The path.
    pub(super) path: &'a str,
    /// Whether all else is in the query, and not in the body.
    pub(super) by_query: bool,
    /// The field that `If-Match` fills.
    pub(super) if_match: Option<&'a str>,
}

/// The input of a message with the schema `root`.
pub(super) fn of_message(root: &Value, places: &Places<'_>, schemas: &mut Schemas) -> Input {
    let shape = Shape::new(root);
    let fields = shape.fields();
    let mut input = Input::default();
    let mut elsewhere: Vec<&str> = Vec::new();
    for name in partitura_runtime::route::names(places.path) {
        let schema = fields.iter().find(|field| field.name == name).map(|field| field.schema);
        input.parameters.push(in_path(&shape, name, schema, places, schemas));
        elsewhere.push(name);
    }
    let header = places.if_match.filter(|name| !elsewhere.contains(name));
    elsewhere.extend(header);
    if places.by_query {
        for field in fields.iter().filter(|field| !elsewhere.contains(&field.name)) {
            let mut parameter = parameter("query", field.name, field.required);
            let own = text_schema(&in_variants(root, field.name).unwrap_or_else(|| field.schema.clone()));
            describe(&mut parameter, field.schema);
            let kinds = shape.kinds(&own);
            let own = schemas.add(places.module, rooted(&own, root));
            // Nobody agrees on how an object stands in a query; here it is JSON.
            match kinds.object && !kinds.string && !kinds.any {
                true => parameter["content"] = json!({ "application/json": { "schema": own } }),
                false => parameter["schema"] = own,
            }
            input.parameters.push(parameter);
        }
    } else {
        input.body = body(root, &elsewhere, places.module, schemas);
    }
    if let Some(header) = header {
        let field = fields.iter().find(|field| field.name == header).map(|field| shape.kinds(field.schema));
        let tag = match field {
            Some(kinds) if kinds.integer && !kinds.string => r#"^(W/)?"(0|[1-9][0-9]{0,17})"$"#,
            _ => r#"^(W/)?"[^"]*"$"#,
        };
        input.parameters.push(json!({
            "name": "If-Match",
            "in": "header",
            "required": true,
            "description": "The version that was seen, as `ETag` had it: it is changed only if that is still the one.",
            "schema": { "type": "string", "pattern": tag },
            "example": "\"1\"",
        }));
    }
    input
}

/// A parameter in the path; `{*rest}` has slashes in it.
fn in_path(shape: &Shape<'_>, name: &str, schema: Option<&Value>, places: &Places<'_>, schemas: &mut Schemas) -> Value {
    let mut parameter = parameter("path", name, true);
    if let Some(schema) = schema {
        describe(&mut parameter, schema);
    }
    let own = schema.map_or_else(|| json!({ "type": "string" }), text_schema);
    parameter["schema"] = schemas.add(places.module, rooted(&own, shape.root()));
    if places.path.ends_with(&format!("{{*{name}}}")) {
        parameter["x-has-slashes"] = json!(true);
    }
    parameter
}

/// A parameter without a schema.
pub(super) fn parameter(place: &str, name: &str, required: bool) -> Value {
    json!({ "name": name, "in": place, "required": required })
}

/// The description of a field is that of its parameter.
fn describe(parameter: &mut Value, schema: &Value) {
    if let Some(text) = schema.get("description") {
        parameter["description"] = text.clone();
    }
}

/// The schema of a field with all that it may refer to.
pub(super) fn rooted(schema: &Value, root: &Value) -> Value {
    let mut own = schema.clone();
    if let (Value::Object(own), Some(defs)) = (&mut own, root.get("$defs")) {
        own.insert("$defs".to_owned(), defs.clone());
    }
    own
}

/// What a field may be in one variant or another of an enum, if it is not the same in all: its tag, most often.
fn in_variants(root: &Value, name: &str) -> Option<Value> {
    let variants = ["oneOf", "anyOf"].into_iter().filter_map(|key| root.get(key)?.as_array()).flatten();
    let mut several: Vec<&Value> = Vec::new();
    for own in variants.filter_map(|variant| variant.get("properties")?.get(name)) {
        if !several.contains(&own) {
            several.push(own);
        }
    }
    if several.len() < 2 {
        return None;
    }
    let tags: Option<Vec<&Value>> = several.iter().map(|own| own.get("const")).collect();
    Some(match tags {
        Some(tags) => json!({ "type": "string", "enum": tags }),
        None => json!({ "anyOf": several }),
    })
}

/// What a text may be: never `null`, since what is not said is not there; and its description stands elsewhere.
fn text_schema(schema: &Value) -> Value {
    let mut own = schema.clone();
    let Value::Object(keywords) = &mut own else { return own };
    keywords.remove("description");
    if keywords.get("default").is_some_and(Value::is_null) {
        keywords.remove("default");
    }
    if let Some(Value::Array(types)) = keywords.get_mut("type") {
        types.retain(|own| own != "null");
        if let [one] = &types[..] {
            let one = one.clone();
            keywords.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(all)) = keywords.get_mut("enum") {
        all.retain(|own| !own.is_null());
    }
    if let Some(Value::Array(several)) = keywords.get_mut("anyOf") {
        several.retain(|own| own.get("type").is_none_or(|own| own != "null"));
        if let [Value::Object(one)] = &several[..] {
            let one = one.clone();
            keywords.remove("anyOf");
            keywords.extend(one);
        }
    }
    own
}

/// The body: what is not elsewhere. None where nothing is left.
fn body(root: &Value, elsewhere: &[&str], module: &str, schemas: &mut Schemas) -> Option<Value> {
    let shape = Shape::new(root);
    let left: Vec<_> = shape.fields().into_iter().filter(|field| !elsewhere.contains(&field.name)).collect();
    let is_object = root.get("type").is_some_and(|own| own == "object");
    if left.is_empty()
        && (is_object && shape.others(root).is_none() || root.get("type").is_some_and(|own| own == "null"))
    {
        return None;
    }
    let mut own = root.clone();
    if without(&mut own, elsewhere) {
        retitle(&mut own, "Body");
    }
    closed::close(&mut own);
    let has_files = left.iter().any(|field| is_file(&shape, field.schema) || files(&shape, field.schema));
    let is_flat = !left.is_empty() && left.iter().all(|field| is_flat(&shape, field.schema));
    let required = left.iter().any(|field| field.required) || !is_object;
    let form = has_files.then(|| form(&shape, &own, root));
    let schema = schemas.add_input(module, own);
    let mut content = Map::new();
    content.insert("application/json".to_owned(), json!({ "schema": schema }));
    if is_flat && !has_files {
        content.insert("application/x-www-form-urlencoded".to_owned(), json!({ "schema": schema }));
    }
    if let Some(form) = form {
        content.insert("multipart/form-data".to_owned(), json!({ "schema": schemas.add_input(module, form) }));
    }
    Some(json!({ "required": required, "content": content }))
}

/// Takes fields away, wherever the object says them. Whether there was one.
fn without(schema: &mut Value, names: &[&str]) -> bool {
    let mut found = false;
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let before = properties.len();
        properties.retain(|name, _| !names.contains(&name.as_str()));
        found |= properties.len() < before;
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|name| !name.as_str().is_some_and(|name| names.contains(&name)));
        if required.is_empty() {
            drop(schema.as_object_mut().and_then(|keywords| keywords.remove("required")));
        }
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        if let Some(Value::Array(parts)) = schema.get_mut(key) {
            for part in parts {
                found |= without(part, names);
            }
        }
    }
    found
}

fn retitle(schema: &mut Value, end: &str) {
    if let Some(Value::String(title)) = schema.get_mut("title") {
        title.push_str(end);
    }
}

/// A scalar, or a list of them: what a form can say.
fn is_flat(shape: &Shape<'_>, schema: &Value) -> bool {
    let kinds = shape.kinds(schema);
    if kinds.object || kinds.any {
        return false;
    }
    !kinds.array
        || shape.items(schema).is_some_and(|items| {
            let kinds = shape.kinds(items);
            !(kinds.object || kinds.any || kinds.array)
        })
}

/// Whether it is a [`File`](partitura_runtime::input::file::File).
fn is_file(shape: &Shape<'_>, schema: &Value) -> bool {
    let fields = shape.fields_of(schema);
    let has = |name: &str| fields.iter().find(|field| field.name == name);
    has("content_type").is_some()
        && has("content").is_some_and(|field| field.schema.get("contentEncoding").is_some_and(|own| own == "base64"))
}

/// Whether it is a list of files.
fn files(shape: &Shape<'_>, schema: &Value) -> bool {
    shape.kinds(schema).array && shape.items(schema).is_some_and(|items| is_file(shape, items))
}

/// The body as a form with files: each is its bytes.
fn form(shape: &Shape<'_>, body: &Value, root: &Value) -> Value {
    let mut form = body.clone();
    retitle(&mut form, "Form");
    for field in shape.fields_of(root) {
        let Some(own) = form.get_mut("properties").and_then(|all| all.get_mut(field.name)) else { continue };
        let mut bytes = json!({ "type": "string", "format": "binary", "contentMediaType": "application/octet-stream" });
        if files(shape, field.schema) {
            bytes = json!({ "type": "array", "items": bytes });
        } else if !is_file(shape, field.schema) {
            continue;
        }
        if let Some(text) = field.schema.get("description") {
            bytes["description"] = text.clone();
        }
        *own = bytes;
    }
    form
}
