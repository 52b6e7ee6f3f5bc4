//! Two small descriptions, and what is said of their difference.

use serde_json::{Value, json};

use super::{changes, is_breaking};
use crate::Description;

/// An application with one message of this input, reply and handler, and `more` beside it.
fn described(schema: Value, reply: Value, handler: Value, more: Value) -> Description {
    let mut own = json!({ "module": "shop", "name": "buy", "place": "a:1", "needs": [] });
    own.as_object_mut().unwrap().extend(handler.as_object().unwrap().clone());
    let mut value = json!({
        "schema": "1.2",
        "application": { "name": "Shop", "version": "0.1.0" },
        "modules": [], "providers": [], "configuration": [],
        "messages": [{
            "name": "shop.Buy", "kind": "command", "schema": schema, "reply": "Bill",
            "reply_schema": reply, "handlers": [own],
        }],
    });
    value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Description::read(value).unwrap()
}

#[track_caller]
fn check(old: &Description, new: &Description, expect: &[&str]) {
    let lines: Vec<String> = changes(old, new).iter().map(ToString::to_string).collect();
    assert_eq!(lines, expect);
    assert!(changes(old, old).is_empty() && changes(new, new).is_empty());
}

fn input(schema: Value) -> Description {
    described(schema, json!({}), json!({}), json!({}))
}

fn reply(schema: Value) -> Description {
    described(json!({}), schema, json!({}), json!({}))
}

fn access(public: bool, roles: &[&str], policies: &[&str]) -> Description {
    let access = json!({ "access": { "public": public, "roles": roles, "policies": policies } });
    described(json!({}), json!({}), access, json!({}))
}

fn with(more: Value) -> Description {
    described(json!({}), json!({}), json!({}), more)
}

#[test]
fn what_is_asked_of_a_sender() {
    let old = input(json!({
        "properties": {
            "sku": { "type": "string", "maxLength": 10 }, "note": { "type": "string" }, "size": { "enum": ["s", "m"] },
            "to": { "anyOf": [{ "$ref": "#/$defs/Address" }, { "type": "null" }] }, "count": { "type": "integer" },
        },
        "required": ["sku", "size"],
        "$defs": { "Address": { "type": "object", "properties": { "city": { "type": "string" } } } },
    }));
    let new = input(json!({
        "properties": {
            "sku": { "type": "integer", "description": "new" }, "gift": { "type": "boolean" }, "size": { "enum": ["m", "l"] },
            "to": { "$ref": "#/$defs/Address" }, "count": { "type": ["integer", "string"] }, "by": { "type": "string" },
        },
        "required": ["size", "to", "by"],
        "$defs": { "Address": {
            "type": "object", "properties": { "city": { "type": "string", "minLength": 1 }, "zip": {} }, "required": ["zip"],
        } },
    }));
    check(
        &old,
        &new,
        &[
            "breaking    field required: shop.Buy.by",
            "breaking    field removed: shop.Buy.note",
            "breaking    choice removed: shop.Buy.size can be `s` no more",
            "breaking    field's type changed: shop.Buy.sku was string, is integer",
            "breaking    field required: shop.Buy.to",
            "breaking    rule tightened: shop.Buy.to.city: minLength was none, is 1",
            "breaking    field required: shop.Buy.to.zip",
            "compatible  field's type changed: shop.Buy.count was integer, is integer or string",
            "compatible  field added: shop.Buy.gift",
            "compatible  choice added: shop.Buy.size can be `l`",
            "compatible  field optional: shop.Buy.sku",
        ],
    );
    assert!(is_breaking(&changes(&old, &new)));
}

#[test]
fn words_and_optional_fields_break_nobody() {
    let old = input(json!({ "properties": { "sku": { "type": "string", "maxLength": 3 } } }));
    let new = input(json!({
        "properties": { "sku": { "type": "string", "maxLength": 5, "description": "which" }, "gift": { "type": "boolean" } },
    }));
    let told =
        ["compatible  field added: shop.Buy.gift", "compatible  rule loosened: shop.Buy.sku: maxLength was 3, is 5"];
    check(&old, &new, &told);
    assert!(!is_breaking(&changes(&old, &new)));
}

#[test]
fn what_a_reader_of_the_reply_relies_on() {
    let old = reply(json!({
        "type": "object",
        "properties": { "id": { "type": "string" }, "sum": { "type": "integer" }, "by": { "type": "string" }, "lines": { "items": { "enum": ["a"] } } },
        "required": ["id", "sum", "lines", "by"],
    }));
    let new = reply(json!({
        "type": "object",
        "properties": { "id": { "type": "string" }, "tax": { "type": "integer" }, "by": { "type": ["string", "null"] }, "lines": { "items": { "enum": ["a", "b"] } } },
        "required": ["lines", "by"],
    }));
    check(
        &old,
        &new,
        &[
            "breaking    reply's field may be null: shop.Buy.by",
            "breaking    reply's field may be absent: shop.Buy.id",
            "breaking    choice added: shop.Buy.lines[] can be `b`",
            "breaking    reply's field gone: shop.Buy.sum",
            "compatible  reply's field added: shop.Buy.tax",
        ],
    );
}

#[test]
fn who_may_is_security_when_it_is_more_people_and_breaks_when_it_is_fewer() {
    let admin = access(false, &["admin"], &[]);
    let public = access(true, &[], &[]);
    let nothing = described(json!({}), json!({}), json!({}), json!({}));
    check(&admin, &public, &["security    authorization loosened: shop.Buy was allow(admin), is public"]);
    check(&admin, &nothing, &["security    authorization loosened: shop.Buy was allow(admin), is undeclared"]);
    check(&public, &admin, &["breaking    authorization tightened: shop.Buy was public, is allow(admin)"]);
    check(&public, &nothing, &[]);
    let both = access(false, &["admin", "teller"], &[]);
    check(&admin, &both, &["security    authorization loosened: shop.Buy was allow(admin), is allow(admin, teller)"]);
    check(&both, &admin, &["breaking    authorization tightened: shop.Buy was allow(admin, teller), is allow(admin)"]);
    let own = access(false, &["admin"], &["OwnBranch"]);
    check(&own, &admin, &["security    authorization loosened: shop.Buy was allow(admin, OwnBranch), is allow(admin)"]);
    let teller = access(false, &["teller"], &[]);
    check(&admin, &teller, &["security    authorization changed: shop.Buy was allow(admin), is allow(teller)"]);
    let required = with(json!({ "requires_authorization": true }));
    check(
        &required,
        &nothing,
        &["security    authorization loosened: handlers need not say any more who may send their messages"],
    );
}

#[test]
fn routes_messages_and_configuration() {
    let route = |method: &str, path: &str, more: Value| {
        let mut route = json!({ "method": method, "path": path, "module": "shop", "place": "a:1" });
        route.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        route
    };
    let key =
        |name: &str, required: bool, secret: bool| json!({ "name": name, "required": required, "secret": secret });
    let public = json!({ "public": true, "roles": [], "policies": [] });
    let admin = json!({ "public": false, "roles": ["admin"], "policies": [] });
    let old = with(json!({
        "routes": [
            route("post", "/buy", json!({ "message": "shop.Buy" })),
            route("get", "/old", json!({})),
            route("get", "/page", json!({ "controller": "Pages.show", "access": admin })),
        ],
        "configuration": [{ "name": "db", "keys": [key("old", false, false), key("word", false, true)] }],
        "behaviors": ["Tracing"],
    }));
    let new = with(json!({
        "messages": [{ "name": "shop.Sell", "kind": "query", "handlers": [] }],
        "routes": [
            route("post", "/buy", json!({ "message": "shop.Sell" })),
            route("get", "/page", json!({ "controller": "Pages.page", "access": public })),
            route("get", "/new", json!({})),
        ],
        "configuration": [{ "name": "db", "keys": [key("url", true, false), key("word", true, false)] }],
    }));
    check(
        &old,
        &new,
        &[
            "security    authorization loosened: GET /page was allow(admin), is public",
            "security    configuration key no longer secret: db.word",
            "breaking    message removed: shop.Buy",
            "breaking    route removed: GET /old",
            "breaking    route leads elsewhere: POST /buy led to shop.Buy, leads to shop.Sell",
            "breaking    configuration key removed: db.old",
            "breaking    configuration key required: db.url",
            "breaking    configuration key required: db.word",
            "compatible  message added: shop.Sell",
            "compatible  route added: GET /new",
            "compatible  route leads elsewhere: GET /page led to Pages.show, leads to Pages.page",
            "compatible  behaviors changed: were [Tracing], are []",
        ],
    );
}

#[test]
fn another_version_is_refused_by_its_number() {
    let error = Description::read(json!({ "schema": "2.0" })).unwrap_err();
    assert_eq!(error.to_string(), "the description has schema 2.0, and 1.x is what is known here");
    let error = Description::read(json!({ "schema": "1.2" })).unwrap_err();
    assert!(error.to_string().contains("missing field `application`"), "{error}");
}
