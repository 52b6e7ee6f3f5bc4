//! The OpenAPI document of the routes, and the page that shows it.
#![cfg(feature = "http")]
#![allow(missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use futures_util::StreamExt;
use partitura::Entrypoint as _;
use partitura::http::Table;
use partitura::http::axum::http::Method;
use partitura::prelude::*;
use partitura::reply::File;
use serde_json::{Value, json};

include!("openapi/library.rs");

async fn app(settings: &[&str]) -> partitura::App {
    let mut loader = Library::BLUEPRINT.loader().hermetic();
    for setting in settings {
        loader = loader.set(*setting);
    }
    Library::builder().config(loader.load().unwrap()).build().await.unwrap()
}

/// Every method and path of a document.
fn operations(document: &Value) -> BTreeMap<(String, String), &Value> {
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, all): (&String, &'_ Value)| -> Vec<(String, String)> {
        all.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())).collect()
    };
    let keys: Vec<(String, String)> = paths.iter().flat_map(of).collect();
    keys.into_iter()
        .map(|(method, path)| ((method.clone(), path.clone()), &paths[&path][method.to_lowercase()]))
        .collect()
}

#[tokio::test]
async fn router_document_and_describe_are_made_of_one_table() {
    for settings in [&[][..], &["http.prefix = \"/api\"", "http.routes.\"openapi.Echo\" = \"GET /say/{text}\""]] {
        let app = app(settings).await;
        let table = Table::new(app.blueprint(), &app.config().section().unwrap()).unwrap();
        let document = app.openapi().unwrap();
        let documented: BTreeSet<(String, String)> = operations(&document).into_keys().collect();
        let mut bound = BTreeSet::new();
        for route in &table.routes {
            let path = route.path.replace("{*", "{");
            match route.method.name() {
                "ANY" => bound
                    .extend(["GET", "POST", "PUT", "PATCH", "DELETE"].map(|method| (method.to_owned(), path.clone()))),
                method => drop(bound.insert((method.to_owned(), path))),
            }
        }
        assert_eq!(documented, bound);
        let http = app.http().unwrap();
        for (method, path) in &documented {
            let path = path.replace("{id}", "1").replace("{bars}", "1").replace("{path}", "a/b").replace("{text}", "x");
            let answer = http.request(Method::from_bytes(method.as_bytes()).unwrap(), &path).send().await;
            assert!(!matches!(answer.status.as_u16(), 404 | 405), "{method} {path}: {}", answer.text());
        }
        if settings.is_empty() {
            let declared: Vec<(String, String)> = app
                .blueprint()
                .describe()
                .routes
                .into_iter()
                .map(|route| (route.method.name().to_owned(), route.path))
                .collect();
            let bound: Vec<(String, String)> =
                table.routes.iter().map(|route| (route.method.name().to_owned(), route.path.clone())).collect();
            assert_eq!(declared, bound);
        }
    }
}

#[tokio::test]
async fn a_message_is_an_operation() {
    let document = app(&[]).await.openapi().unwrap();
    assert_eq!((&document["openapi"], &document["info"]["title"]), (&json!("3.1.0"), &json!("Library")));
    assert_eq!(document["tags"], json!([{ "name": "openapi" }]));
    let add = &document["paths"]["/scores"]["post"];
    assert_eq!((&add["operationId"], &add["summary"]), (&json!("AddScore"), &json!("Puts a score on the shelf.")));
    let text = add["description"].as_str().unwrap();
    assert!(
        text.starts_with("The title and the composer") && text.ends_with("- and a `tempo`, if it has one."),
        "{text}"
    );
    assert_eq!(keys(&add["responses"]), ["201", "400", "406", "413", "415", "422", "500", "503", "504", "default"]);
    assert!(add["responses"]["201"]["headers"]["Location"].is_object());
    // What is nested has no place in a form.
    let content = &add["requestBody"]["content"];
    assert_eq!(keys(content), ["application/json"]);
    assert_eq!(content["application/json"]["schema"], json!({ "$ref": "#/components/schemas/AddScore" }));
    let fields = &document["components"]["schemas"]["AddScore"]["properties"];
    assert_eq!(
        (&fields["title"]["maxLength"], &fields["title"]["examples"][0]),
        (&json!(120), &json!("Goldberg Variations"))
    );
    assert_eq!((&fields["year"]["minimum"], &fields["contact"]["format"]), (&json!(1400), &json!("email")));
    let movement = &document["components"]["schemas"]["Movement"]["properties"]["parts"]["items"];
    assert_eq!(*movement, json!({ "$ref": "#/components/schemas/Movement" }));
}

#[tokio::test]
async fn each_field_is_where_it_is_read_from() {
    let document = app(&[]).await.openapi().unwrap();
    let of = |path: &str, method: &str| -> Vec<(String, String, bool)> {
        let text = |own: &Value| own.as_str().unwrap().to_owned();
        let all = document["paths"][path][method]["parameters"].as_array();
        let one = |own: &Value| (text(&own["in"]), text(&own["name"]), own["required"] == true);
        all.into_iter().flatten().map(one).collect()
    };
    let is = |place: &str, name: &str, required: bool| (place.to_owned(), name.to_owned(), required);
    let rename = [is("path", "id", true), is("header", "If-Match", true)];
    assert_eq!(of("/scores/{id}/title", "put"), rename);
    let body = &document["components"]["schemas"]["RenameScoreBody"];
    assert_eq!((keys(&body["properties"]), &body["required"]), (vec!["title"], &json!(["title"])));
    let responses = keys(&document["paths"]["/scores/{id}/title"]["put"]["responses"]);
    assert!(["409", "412", "428"].iter().all(|status| responses.contains(status)), "{responses:?}");
    let list = ["composer", "instrument", "limit", "cursor"].map(|name| is("query", name, false));
    assert_eq!(of("/scores", "get"), list);
    assert_eq!(of("/scores/{id}", "delete"), [is("path", "id", true), is("query", "reason", false)]);
    assert_eq!(document["paths"]["/scores/{id}"]["delete"]["requestBody"], Value::Null);
    // A tag has each of its values, whichever variant it is of.
    let by = &document["paths"]["/find"]["get"]["parameters"][0];
    assert_eq!((&by["name"], &by["schema"]["enum"]), (&json!("by"), &json!(["number", "title"])));
    // What may be absent is not there; it is never `null`.
    let composer = &document["paths"]["/scores"]["get"]["parameters"][0];
    assert_eq!(composer["schema"], json!({ "type": "string" }));
}

#[tokio::test]
async fn files_streams_pages_and_versions_have_their_forms() {
    let document = app(&[]).await.openapi().unwrap();
    let cover = &document["paths"]["/scores/{id}/cover"]["post"]["requestBody"]["content"];
    assert_eq!(keys(cover), ["application/json", "multipart/form-data"]);
    let form = &document["components"]["schemas"]["AttachCoverBodyForm"]["properties"];
    assert_eq!((&form["picture"]["format"], &form["alternative"]["type"][0]), (&json!("binary"), &json!("string")));
    let beats = &document["paths"]["/beats/{bars}"]["get"]["responses"]["200"]["content"];
    assert_eq!(keys(beats), ["application/x-ndjson", "text/event-stream", "application/json"]);
    let beat = json!({ "$ref": "#/components/schemas/Beat" });
    assert_eq!(beats["application/x-ndjson"]["x-item-schema"], beat);
    assert_eq!(beats["application/json"]["schema"]["items"], beat);
    let headers = |path: &str| keys(&document["paths"][path]["get"]["responses"]["200"]["headers"]);
    assert_eq!((headers("/scores"), headers("/scores/{id}")), (vec!["Link"], vec!["ETag"]));
    assert!(document["paths"]["/scores/{id}"]["get"]["responses"]["304"].is_object());
    let removed = &document["paths"]["/scores/{id}"]["delete"]["responses"]["204"];
    assert_eq!(removed["content"], Value::Null);
    let lent = &document["paths"]["/scores/{id}/loans"]["post"]["responses"];
    assert!(lent["202"].is_object() && lent["202"]["content"].is_null(), "{lent}");
}

#[tokio::test]
async fn access_is_security() {
    let app = app(&[
        "auth.api_key.ops.keys.main.key = \"secret-of-ops-0123456789\"",
        "auth.api_key.machine.keys.main.key = \"secret-of-a-machine-0123\"",
        "auth.api_key.machine.query = \"key\"",
    ])
    .await;
    let document = app.openapi().unwrap();
    let known = &document["components"]["securitySchemes"];
    assert_eq!(known["api_key.ops"], json!({ "type": "apiKey", "in": "header", "name": "x-api-key" }));
    assert_eq!(known["api_key.machine"], json!({ "type": "apiKey", "in": "query", "name": "key" }));
    assert_eq!(app.http().unwrap().get("/openapi.json").send().await.json::<Value>().unwrap(), document);
    let of = |path: &str, method: &str| &document["paths"][path][method];
    let removes = of("/scores/{id}", "delete");
    assert_eq!(removes["security"], json!([{ "api_key.machine": [] }, { "api_key.ops": [] }]));
    assert_eq!(
        (&removes["x-roles"], &removes["description"]),
        (&json!(["librarian", "director"]), &json!("Needs role `librarian` or role `director`."))
    );
    assert!(removes["responses"]["401"].is_object() && removes["responses"]["403"].is_object());
    assert_eq!(of("/scores", "get")["security"], json!([]));
    assert_eq!(of("/scores", "post")["security"], Value::Null);
}

#[tokio::test]
async fn every_operation_has_a_name_of_its_own() {
    let routes = "http.routes.\"openapi.ShowScore\" = [\"GET /a/{id}\", \"GET /b/{id}\", \"POST /b\"]";
    let document = app(&[routes]).await.openapi().unwrap();
    let name = |path: &str, method: &str| document["paths"][path][method]["operationId"].as_str().unwrap();
    assert_eq!(name("/a/{id}", "get"), "ShowScore.get");
    assert_eq!(name("/b/{id}", "get"), "ShowScore.get.2");
    assert_eq!(name("/b", "post"), "ShowScore.post");
    assert_eq!(name("/find", "patch"), "FindScore.patch");
}

#[tokio::test]
async fn the_server_shows_them_and_nobody_else() {
    let on = app(&[]).await;
    let http = on.http().unwrap();
    let served = http.get("/openapi.json").send().await;
    assert_eq!((served.status.as_u16(), served.header("content-type")), (200, "application/json"));
    assert_eq!(served.json::<Value>().unwrap(), on.openapi().unwrap());
    let page = http.get("/docs").send().await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(http.get("/docs/").send().await.header("location"), "/docs");
    // Whatever the page asks for is there, and it asks nobody else.
    for name in ["page.css", "page.js", "schema.js", "text.js", "try.js"] {
        let file = http.get(format!("/docs/{name}")).send().await;
        assert_eq!((file.status.as_u16(), file.header("x-content-type-options")), (200, "nosniff"), "{name}");
        for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "@import"] {
            assert!(!file.text().contains(word), "{name} has `{word}` in it");
        }
    }
    assert!(!page.text().contains("src=\"http") && !page.text().contains("href=\"http"), "{}", page.text());
    let nested = on.router().unwrap();
    let request = partitura::http::axum::http::Request::get("/docs").body(partitura::http::axum::body::Body::empty());
    let answer = tower::ServiceExt::oneshot(nested, request.unwrap()).await.unwrap();
    assert_eq!(answer.status(), 404);
    let off = app(&["http.docs = false"]).await.http().unwrap();
    assert_eq!(off.get("/docs").send().await.status, 404);
    assert_eq!(off.get("/openapi.json").send().await.status, 404);
}

#[tokio::test]
async fn a_route_of_the_application_s_own_stays_where_it_is() {
    let http = app(&["http.routes.\"openapi.Echo\" = \"GET /docs\""]).await.http().unwrap();
    assert_eq!(http.get("/docs?text=mine").send().await.text(), "\"mine\"");
    assert_eq!(http.get("/openapi.json").send().await.status, 200);
    let http = app(&["http.routes.\"openapi.Echo\" = \"GET /{text}\""]).await.http().unwrap();
    assert_eq!(http.get("/other").send().await.text(), "\"other\"");
    assert_eq!(http.get("/docs").send().await.header("content-type"), "text/html; charset=utf-8");
}

#[tokio::test]
async fn beside_somebody_else_s_routes_theirs_come_first() {
    let theirs =
        partitura::http::axum::Router::new().route("/docs", partitura::http::axum::routing::get(|| async { "theirs" }));
    let app = app(&[]).await;
    let http = partitura::http::Client::of(partitura::http::Http::new().with(theirs).router(&app).unwrap());
    assert_eq!(http.get("/docs").send().await.text(), "theirs");
    assert_eq!(http.get("/docs/page.js").send().await.status, 200);
    assert_eq!(http.get("/openapi.json").send().await.status, 200);
    assert_eq!(http.post("/openapi.json").send().await.status, 404);
}

#[tokio::test]
async fn the_verb_prints_the_same_document_without_starting_anything() {
    use partitura::entrypoint::Invocation;
    let verbs = partitura::http::Http::new().subcommands();
    let verb = verbs.iter().find(|verb| verb.name == "openapi").unwrap();
    let invoke = |arguments: &[&str]| {
        let config = Library::BLUEPRINT.loader().hermetic().load().unwrap();
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        (verb.run)(Invocation::new(Library::BLUEPRINT, arguments, config))
    };
    let printed = invoke(&[]).await.unwrap();
    assert_eq!(printed, invoke(&[]).await.unwrap());
    assert_eq!(printed, serde_json::to_string_pretty(&app(&[]).await.openapi().unwrap()).unwrap());
    let refused = invoke(&["--yaml"]).await.unwrap_err();
    assert_eq!(
        (refused.exit_code(), refused.public_message()),
        (2, "`openapi` takes no `--yaml`: it prints JSON, and nothing else")
    );
}

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect()
}
