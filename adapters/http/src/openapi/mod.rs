//! The OpenAPI 3.1 document of an application's routes, and the page that shows it.
//!
//! Invariants:
//! - It is made of the [`Table`] that the router is made of, and of nothing else.
//! - The same application with the same configuration has the same document, byte for byte.

mod answers;
mod closed;
mod controller;
mod input;
mod names;
mod page;
mod schemas;
mod security;

use std::collections::BTreeMap;

use partitura_runtime::access::Access;
use partitura_runtime::app::Blueprint;
use partitura_runtime::message::MessageKind;
use partitura_runtime::module::NamedCall;
use partitura_runtime::route::{Method, Success};
use serde_json::{Map, Value, json};

pub(crate) use page::Pages;

use crate::auth::SecurityScheme;
use crate::table::{Bound, Leads, Table};
use answers::{Form, Reply};
use input::Places;
use schemas::Schemas;

/// The OpenAPI 3.1 document of the routes in `table`, whose callers show who they are by any of `security`.
pub fn document(blueprint: &Blueprint, table: &Table, security: &[SecurityScheme]) -> Value {
    let mut schemas = Schemas::default();
    let all = operations(table);
    let ids = names::ids(&all);
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for (operation, id) in all.iter().zip(ids) {
        let value = describe(operation, id, security, &mut schemas);
        paths.entry(template(&operation.bound.path)).or_default().insert(operation.method.to_owned(), value);
    }
    let paths: Map<String, Value> = paths.into_iter().map(|(path, own)| (path, Value::Object(own))).collect();
    let used = |name: &str| all.iter().any(|operation| operation.bound.module == name);
    let tags: Vec<Value> = blueprint
        .modules
        .iter()
        .filter(|module| used(module.name))
        .map(|module| json!({ "name": module.name }))
        .collect();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": blueprint.name, "version": blueprint.version },
        "servers": [{ "url": "/" }],
        "tags": tags,
        "paths": paths,
        "components": { "schemas": {}, "responses": answers::components(&mut schemas) },
    });
    if !security.is_empty() {
        document["components"]["securitySchemes"] = security::components(security);
    }
    schemas.finish(&mut document);
    document
}

/// One method of a path.
struct Operation<'t> {
    bound: &'t Bound,
    /// As the document has it: `get`.
    method: &'static str,
}

/// The operations of a table, in its order. A route for any method is one for each that the path does not have by itself.
fn operations(table: &Table) -> Vec<Operation<'_>> {
    const EACH: [Method; 5] = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];
    let mut all = Vec::new();
    for bound in &table.routes {
        if bound.method != Method::Any {
            all.push(Operation { bound, method: lower(bound.method) });
            continue;
        }
        let has = |method: Method| table.routes.iter().any(|own| own.path == bound.path && own.method == method);
        all.extend(
            EACH.into_iter().filter(|method| !has(*method)).map(|method| Operation { bound, method: lower(method) }),
        );
    }
    all
}

fn lower(method: Method) -> &'static str {
    match method {
        Method::Get | Method::Any => "get",
        Method::Post => "post",
        Method::Put => "put",
        Method::Patch => "patch",
        Method::Delete => "delete",
        Method::Head => "head",
        Method::Options => "options",
    }
}

/// A path as OpenAPI writes it: it has no word for `{*rest}`.
fn template(path: &str) -> String {
    path.replace("{*", "{")
}

fn describe(operation: &Operation<'_>, id: String, security: &[SecurityScheme], schemas: &mut Schemas) -> Value {
    let Operation { bound, method } = operation;
    let reads = matches!(*method, "get" | "head");
    let success = bound.success();
    let location = matches!(success, Success::Created(_));
    let (docs, access, has_rules, input, reply) = match bound.leads {
        Leads::Handler(handler) => {
            let places = Places {
                module: bound.module,
                path: &bound.path,
                by_query: reads || matches!(*method, "delete" | "options"),
                if_match: bound.declared.and_then(|route| route.if_match),
            };
            let root = (handler.schema)().unwrap_or_else(|| json!({}));
            let (form, status) = match (handler.call, success) {
                (NamedCall::Stream(_), _) => (Form::Stream(answers::STREAM), 200),
                _ if handler.reply == "()" => (Form::Nothing, 204),
                _ => (Form::One("application/json"), 200),
            };
            let status = match success {
                Success::Plain => status,
                Success::Created(_) => 201,
                Success::Accepted => 202,
            };
            let schema = (handler.reply_schema)();
            let reply = Reply { status, form, schema, location, says: handler.says, reads };
            let input = input::of_message(&root, &places, schemas);
            (handler.message.docs, handler.around.access, handler.has_rules, input, reply)
        }
        Leads::Mounted(mounted, at) => {
            let route = &mounted.routes[at];
            let docs = controller::docs(mounted, at);
            let input = controller::input(&docs, bound.module, &bound.path, schemas);
            (route.docs, route.access, false, input, controller::reply(docs, location, reads))
        }
    };
    let mut own = json!({ "operationId": id, "tags": [bound.module] });
    let (summary, rest) = texts(docs);
    if !summary.is_empty() {
        own["summary"] = json!(summary);
    }
    let may = who(access);
    let paragraphs: Vec<&str> = [rest.as_str(), may.as_str()].into_iter().filter(|text| !text.is_empty()).collect();
    if !paragraphs.is_empty() {
        own["description"] = json!(paragraphs.join("\n\n"));
    }
    if !input.parameters.is_empty() {
        own["parameters"] = json!(input.parameters);
    }
    if let Some(body) = &input.body {
        own["requestBody"] = body.clone();
    }
    let mut responses = Map::new();
    let has_reply = matches!(reply.form, Form::One(_) | Form::Stream(_));
    answers::succeed(reply, bound.module, schemas, &mut responses);
    answers::fail(&input, access, has_rules, has_reply, &mut responses);
    own["responses"] = Value::Object(responses);
    match access {
        Access::Undeclared => {}
        Access::Public => own["security"] = json!([]),
        Access::Allow { roles, policies } => {
            if !security.is_empty() {
                own["security"] = security::any_of(security);
            }
            for (key, names) in [("x-roles", roles), ("x-policies", policies)] {
                if !names.is_empty() {
                    own[key] = json!(names);
                }
            }
        }
    }
    // What the page calls it: a command changes something, a query does not.
    if let Leads::Handler(handler) = bound.leads {
        own["x-message"] = json!(handler.full_name());
        own["x-kind"] = json!(match handler.message.kind {
            MessageKind::Query => "query",
            _ => "command",
        });
    }
    own
}

/// The first paragraph of a doc comment as one line, and the rest of it.
fn texts(docs: &str) -> (String, String) {
    let lines: Vec<&str> = docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
    let text = lines.join("\n");
    let text = text.trim();
    let (first, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    (first.split_whitespace().collect::<Vec<_>>().join(" "), rest.trim().to_owned())
}

/// Who may call it, in words.
fn who(access: Access) -> String {
    match access {
        Access::Undeclared | Access::Public => String::new(),
        declared => format!("Needs {declared}."),
    }
}
