//! The service in process, without a socket.

use partitura::prelude::*;
use partitura_parity::Parity;
use serde_json::{Value, json};

use crate::Todo;
use crate::tasks::{AddTask, ChangeTask, FinishTask, ListTasks, RemoveTask, ShowTask, WatchTasks};

#[tokio::test]
async fn a_task_lives() {
    let app = Todo::builder().build().await.unwrap();
    let http = app.http().unwrap();
    let added = http.post("/tasks").json(&json!({ "title": "Buy milk", "priority": "high" })).send().await;
    assert_eq!((added.status.as_u16(), added.header("location"), added.header("etag")), (201, "/tasks/1", "\"1\""));

    let mine = json!({ "title": "Buy oat milk" });
    let changed = http.put("/tasks/1").header("if-match", "\"1\"").json(&mine).send().await;
    assert_eq!(changed.json::<Value>().unwrap()["version"], 2);
    let late = http.put("/tasks/1").header("if-match", "\"1\"").json(&mine).send().await;
    assert_eq!(late.status, 412);

    assert_eq!(http.post("/tasks/1/finish").send().await.status, 200);
    let again = http.post("/tasks/1/finish").send().await;
    assert_eq!((again.status.as_u16(), again.json::<Value>().unwrap()["code"].clone()), (409, json!("todo.done")));
    assert_eq!(http.get("/tasks?done=false").send().await.json::<Value>().unwrap()["total"], 0);
    assert_eq!(http.delete("/tasks/1").send().await.status, 204);
    assert_eq!(http.get("/tasks/1").send().await.status, 404);
}

#[tokio::test]
async fn pages_follow_each_other() {
    let app = Todo::builder().build().await.unwrap();
    let http = app.http().unwrap();
    for title in ["a", "b", "c"] {
        http.post("/tasks").json(&json!({ "title": title })).send().await;
    }
    let first = http.get("/tasks?limit=2").send().await;
    assert_eq!(first.header("link"), "</tasks?limit=2&cursor=2>; rel=\"next\"");
    let second = http.get("/tasks?limit=2&cursor=2").send().await.json::<Value>().unwrap();
    assert_eq!(
        second,
        json!({ "items": [{ "id": 3, "title": "c", "priority": "normal", "done": false }], "total": 3 })
    );
}

#[test]
fn one_answer_at_every_entrypoint() {
    let parity = Parity::of(Todo::BLUEPRINT)
        .typed::<AddTask>()
        .typed::<ChangeTask>()
        .typed::<FinishTask>()
        .typed::<ListTasks>()
        .typed::<RemoveTask>()
        .typed::<ShowTask>()
        .typed::<WatchTasks>();
    let table = parity.cases(include_str!("../parity.toml")).unwrap().run().unwrap();
    assert!(table.holds(), "{table}");
    table.compare(concat!(env!("CARGO_MANIFEST_DIR"), "/PARITY.md"));
}
