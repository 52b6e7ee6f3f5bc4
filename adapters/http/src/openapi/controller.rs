//! What is known of a method of a controller beside its route.

use partitura_runtime::input::shape::Shape;
use partitura_runtime::module::Mounted;
use serde_json::{Value, json};

use super::input::{Input, parameter, rooted};
use super::schemas::Schemas;

/// The types that a method of a controller reads and answers, as schemas.
#[derive(Debug, Clone, Copy, Default)]
pub struct MethodDocs {
    /// What the path is read into: an object by name, a list by place, or one value.
    pub path: Option<fn() -> Value>,
    /// What the query is read into: an object.
    pub query: Option<fn() -> Value>,
    /// What the body is read into.
    pub body: Option<BodyDocs>,
    /// What is answered; `None` for nothing, or for what has no schema.
    pub reply: Option<fn() -> Value>,
    /// The status of a success; 0 if the route says it: 200, or 201 where it is `created`.
    pub status: u16,
}

/// A body that a method of a controller reads.
#[derive(Debug, Clone, Copy)]
pub struct BodyDocs {
    /// Its media type: `application/json`.
    pub media: &'static str,
    /// Its schema.
    pub schema: fn() -> Value,
}

/// What is known of the route at place `at` of a controller.
pub(super) fn docs(mounted: &Mounted, at: usize) -> MethodDocs {
    // What a controller mounts says nothing of its types: the route alone is documented.
    let _ = (mounted, at);
    MethodDocs::default()
}

/// The input of a method.
pub(super) fn input(docs: &MethodDocs, module: &str, path: &str, schemas: &mut Schemas) -> Input {
    let mut input = Input::default();
    let root = docs.path.map(|schema| schema()).unwrap_or_default();
    let fields = Shape::new(&root).fields();
    for (at, name) in partitura_runtime::route::names(path).enumerate() {
        let mut own = parameter("path", name, true);
        let by_place = root.get("prefixItems").and_then(|items| items.get(at));
        let by_name = fields.iter().find(|field| field.name == name).map(|field| field.schema);
        // One value is what the one name means.
        let whole = Some(&root).filter(|root| root.is_object() && fields.is_empty());
        let text = json!({ "type": "string" });
        let schema = by_name.or(by_place).or(whole).unwrap_or(&text);
        own["schema"] = schemas.add(module, rooted(schema, &root));
        input.parameters.push(own);
    }
    let root = docs.query.map(|schema| schema()).unwrap_or_default();
    for field in Shape::new(&root).fields() {
        let mut own = parameter("query", field.name, field.required);
        own["schema"] = schemas.add(module, rooted(field.schema, &root));
        input.parameters.push(own);
    }
    input.body = docs.body.map(|body| {
        let schema = schemas.add(module, (body.schema)());
        json!({ "required": true, "content": { body.media: { "schema": schema } } })
    });
    input
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_by_name_by_place_or_as_one_value() {
        let by_name =
            || json!({ "type": "object", "properties": { "b": { "type": "integer" }, "a": { "type": "boolean" } } });
        let by_place = || json!({ "type": "array", "prefixItems": [{ "type": "boolean" }, { "type": "integer" }] });
        for path in [by_name as fn() -> Value, by_place] {
            let docs = MethodDocs { path: Some(path), ..MethodDocs::default() };
            let input = input(&docs, "m", "/{a}/{b}", &mut Schemas::default());
            let types: Vec<&Value> = input.parameters.iter().map(|own| &own["schema"]["type"]).collect();
            assert_eq!(types, ["boolean", "integer"]);
        }
        let one = MethodDocs { path: Some(|| json!({ "type": "integer" })), ..MethodDocs::default() };
        let docs = [(one, "integer"), (MethodDocs::default(), "string")];
        for (docs, expected) in docs {
            let input = input(&docs, "m", "/{id}", &mut Schemas::default());
            assert_eq!(input.parameters[0]["schema"]["type"], expected);
        }
    }

    #[test]
    fn a_query_and_a_body_are_what_their_types_say() {
        let docs = MethodDocs {
            query: Some(|| json!({ "type": "object", "properties": { "q": { "type": "string" } }, "required": ["q"] })),
            body: Some(BodyDocs { media: "application/x-www-form-urlencoded", schema: || json!({ "type": "object" }) }),
            ..MethodDocs::default()
        };
        let input = input(&docs, "m", "/", &mut Schemas::default());
        assert_eq!(
            input.parameters[0],
            json!({ "name": "q", "in": "query", "required": true, "schema": { "type": "string" } })
        );
        let content = &input.body.unwrap()["content"];
        assert_eq!(content["application/x-www-form-urlencoded"]["schema"], json!({ "type": "object" }));
    }
}
