//! What is known of a method of a controller beside its route.

use partitura_runtime::input::shape::Shape;
use partitura_runtime::module::Mounted;
use serde_json::{Value, json};

use super::answers::{Form, Reply};
use super::closed;
use super::input::{self, parameter, rooted};
use super::schemas::Schemas;
use crate::controller::{Controller, Input, Method, Output, Source};

/// What a method reads and answers, asked of its types.
#[derive(Default)]
pub(super) struct Asked {
    /// What it reads.
    pub(super) inputs: Vec<Input>,
    /// What it answers; `None` where only the method knows.
    pub(super) output: Option<Output>,
}

/// What is known of the route at place `at` of a controller. The route itself says the names in its path, its doc comment and who
/// may call it.
pub(super) fn docs(mounted: &Mounted, at: usize) -> Asked {
    let known = Controller::of(mounted).and_then(|controller| controller.method(at)).map(Method::document);
    known.map_or_else(Asked::default, |known| Asked {
        inputs: known.inputs().collect(),
        output: known.output.map(|of| of()),
    })
}

/// What a method takes.
pub(super) fn input(docs: &Asked, module: &str, path: &str, schemas: &mut Schemas) -> input::Input {
    let mut input = input::Input::default();
    let is_path = |own: &&Input| own.source == Source::Path;
    let root = docs.inputs.iter().find(is_path).map_or(&Value::Null, |own| &own.schema);
    let fields = Shape::new(root).fields();
    for (at, name) in partitura_runtime::route::names(path).enumerate() {
        let mut own = parameter("path", name, true);
        let by_place = root.get("prefixItems").and_then(|items| items.get(at));
        let by_name = fields.iter().find(|field| field.name == name).map(|field| field.schema);
        // One value is what the one name means.
        let whole = Some(root).filter(|root| root.is_object() && fields.is_empty());
        let text = json!({ "type": "string" });
        let schema = by_name.or(by_place).or(whole).unwrap_or(&text);
        own["schema"] = schemas.add(module, rooted(schema, root));
        input.parameters.push(own);
    }
    for read in &docs.inputs {
        match read.source {
            Source::Path => {}
            Source::Query => {
                for field in Shape::new(&read.schema).fields() {
                    let mut own = parameter("query", field.name, field.required && read.required);
                    own["schema"] = schemas.add(module, rooted(field.schema, &read.schema));
                    input.parameters.push(own);
                }
            }
            Source::Body(media) => {
                let mut schema = read.schema.clone();
                if read.strict {
                    closed::close(&mut schema);
                }
                let schema = schemas.add_input(module, schema);
                input.body = Some(json!({ "required": read.required, "content": { media: { "schema": schema } } }));
            }
        }
    }
    input
}

/// What a method answers.
pub(super) fn reply(docs: Asked, created: bool, reads: bool) -> Reply {
    let Some(Output { status, media, schema, location }) = docs.output else {
        let status = if created { 201 } else { 200 };
        return Reply { status, form: Form::Unknown, schema: None, location: created, says: false, reads };
    };
    let form = match media {
        None => Form::Nothing,
        Some("application/x-ndjson") => Form::Stream(&["application/x-ndjson"]),
        Some("text/event-stream") => Form::Stream(&["text/event-stream"]),
        Some(media) => Form::One(media),
    };
    // What is answered by `()` is declared as created by the route.
    let status = if created && status == 200 { 201 } else { status };
    Reply { status, form, schema, location: location || created, says: false, reads }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    fn reads(source: Source, schema: Value) -> Asked {
        Asked { inputs: vec![Input { source, schema, required: true, strict: true }], output: None }
    }

    #[test]
    fn a_path_is_read_by_name_by_place_or_as_one_value() {
        let by_name =
            json!({ "type": "object", "properties": { "b": { "type": "integer" }, "a": { "type": "boolean" } } });
        let by_place = json!({ "type": "array", "prefixItems": [{ "type": "boolean" }, { "type": "integer" }] });
        for schema in [by_name, by_place] {
            let input = input(&reads(Source::Path, schema), "m", "/{a}/{b}", &mut Schemas::default());
            let types: Vec<&Value> = input.parameters.iter().map(|own| &own["schema"]["type"]).collect();
            assert_eq!(types, ["boolean", "integer"]);
        }
        let one = reads(Source::Path, json!({ "type": "integer" }));
        for (docs, expected) in [(one, "integer"), (Asked::default(), "string")] {
            let input = input(&docs, "m", "/{id}", &mut Schemas::default());
            assert_eq!(input.parameters[0]["schema"]["type"], expected);
        }
    }

    #[test]
    fn a_query_and_a_body_are_what_their_types_say() {
        let query = json!({ "type": "object", "properties": { "q": { "type": "string" } }, "required": ["q"] });
        let mut docs = reads(Source::Query, query);
        let form = "application/x-www-form-urlencoded";
        docs.inputs.extend(reads(Source::Body(form), json!({ "type": "object" })).inputs);
        let input = input(&docs, "m", "/", &mut Schemas::default());
        let own = json!({ "name": "q", "in": "query", "required": true, "schema": { "type": "string" } });
        assert_eq!(input.parameters, [own]);
        let body = json!({ "required": true, "content": { form: { "schema": { "type": "object" } } } });
        assert_eq!(input.body, Some(body));
    }

    #[test]
    fn what_our_own_extractors_read_takes_no_other_fields() {
        let inner = json!({ "type": "object", "properties": { "b": { "type": "string" } } });
        let schema = json!({ "type": "object", "properties": { "a": inner } });
        for strict in [true, false] {
            let mut docs = reads(Source::Body("application/json"), schema.clone());
            docs.inputs[0].strict = strict;
            let body = input(&docs, "m", "/", &mut Schemas::default()).body.unwrap();
            let own = &body["content"]["application/json"]["schema"];
            let closed = if strict { json!(false) } else { Value::Null };
            assert_eq!(
                [&own["additionalProperties"], &own["properties"]["a"]["additionalProperties"]],
                [&closed, &closed]
            );
        }
    }

    #[test]
    fn an_answer_is_what_its_type_says() {
        let told = |output: Option<Output>, created| {
            let mut responses = Map::new();
            let reply = reply(Asked { inputs: Vec::new(), output }, created, true);
            crate::openapi::answers::succeed(reply, "m", &mut Schemas::default(), &mut responses);
            Value::Object(responses)
        };
        let output = |status, media, schema| Some(Output { status, media, schema, location: false });
        assert_eq!(told(None, false), json!({ "200": { "description": "The reply." } }));
        assert!(told(None, true)["201"]["headers"]["Location"].is_object());
        assert_eq!(told(output(204, None, None), false)["204"]["content"], Value::Null);
        let text = told(output(200, Some("text/plain"), None), false);
        assert_eq!(text["200"]["content"]["text/plain"]["schema"], json!({ "type": "string" }));
        let events = told(output(200, Some("text/event-stream"), Some(json!({ "type": "integer" }))), false);
        assert_eq!(events["200"]["content"]["text/event-stream"]["x-item-schema"], json!({ "type": "integer" }));
    }
}
