//! Sessions as a handler sees them.
#![allow(missing_docs)]

use std::time::Duration;

use partitura::prelude::*;
use partitura::{Call, TestApp};

partitura::app! { Cafe { modules: [] } }

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Order {
    dish: String,
}

/// How many dishes this caller has ordered.
#[handler]
async fn order(command: Order, cx: &Context) -> Result<u32> {
    let session = cx.session()?;
    session.set("dish", &command.dish).await?;
    session.update("count", |count: Option<u32>| count.unwrap_or(0) + 1).await
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Ordered;

#[handler]
async fn ordered(_query: Ordered, cx: &Context) -> Result<Vec<String>> {
    let history = cx.session()?.history::<String>("dish").await?;
    Ok(history.into_iter().map(|change| change.value).collect())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Leave;

#[handler]
async fn leave(_command: Leave, cx: &Context) -> Result<bool> {
    let session = cx.session()?;
    session.clear().await?;
    Ok(session.keys().await?.is_empty())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Outer;

#[handler]
async fn outer(_command: Outer, cx: &Context) -> Result<u32> {
    cx.emit(Came).await?;
    cx.spawn(Order { dish: "by a job".into() })?;
    cx.send(Order { dish: "nested".into() }).await
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Came;

#[handler]
async fn came(_event: &Came, cx: &Context) -> Result<()> {
    cx.send(Order { dish: "by a subscriber".into() }).await.map(drop)
}

async fn cafe(settings: &[&str]) -> TestApp {
    settings.iter().fold(Cafe::test(), |builder, text| builder.set(*text)).build().await.unwrap()
}

async fn orders(app: &TestApp, session: &str, dish: &str) -> Result<u32> {
    app.door(Call::default().in_session(session)).send(Order { dish: dish.into() }).await
}

#[tokio::test]
async fn session_is_the_callers_from_one_call_to_the_next() {
    let app = cafe(&[]).await;
    assert_eq!(orders(&app, "ada", "soup").await.unwrap(), 1);
    assert_eq!(orders(&app, "ada", "cake").await.unwrap(), 2);
    assert_eq!(orders(&app, "bob", "soup").await.unwrap(), 1);
    let door = app.door(Call::default().in_session("ada"));
    assert_eq!(door.send(Ordered).await.unwrap(), ["cake", "soup"]);
    assert!(door.send(Leave).await.unwrap());
    assert_eq!(orders(&app, "ada", "soup").await.unwrap(), 1);
}

#[tokio::test]
async fn session_is_refused_to_a_call_without_one() {
    let app = cafe(&[]).await;
    for call in [Call::default(), Call::default().in_session(""), Call::default().in_session("a b")] {
        let error = app.door(call).send(Ordered).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid);
    }
}

#[tokio::test]
async fn session_belongs_to_everything_that_follows_from_a_call() {
    let app = cafe(&[]).await;
    app.track().call(Call::default().in_session("ada")).send(Outer).await.nothing_failed();
    let mut dishes = app.door(Call::default().in_session("ada")).send(Ordered).await.unwrap();
    dishes.sort();
    assert_eq!(dishes, ["by a job", "by a subscriber", "nested"]);
}

#[tokio::test]
async fn session_history_has_the_bound_of_the_configuration() {
    let app = cafe(&["session.history=2"]).await;
    for dish in ["a", "b", "c"] {
        orders(&app, "ada", dish).await.unwrap();
    }
    assert_eq!(app.door(Call::default().in_session("ada")).send(Ordered).await.unwrap(), ["c", "b"]);
}

#[tokio::test]
async fn session_that_nobody_uses_is_forgotten() {
    let app = cafe(&["session.ttl=1h"]).await;
    orders(&app, "ada", "soup").await.unwrap();
    app.advance(Duration::from_secs(3_599)).await;
    assert_eq!(orders(&app, "ada", "cake").await.unwrap(), 2);
    app.advance(Duration::from_secs(3_600)).await;
    assert_eq!(orders(&app, "ada", "soup").await.unwrap(), 1);
}

#[tokio::test]
async fn session_value_beyond_the_bound_is_refused_and_changes_nothing() {
    let app = cafe(&["session.max_value=10"]).await;
    orders(&app, "ada", "soup").await.unwrap();
    let error = orders(&app, "ada", "a very long soup").await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::TooLarge, "PT0321"));
    assert_eq!(app.door(Call::default().in_session("ada")).send(Ordered).await.unwrap(), ["soup"]);
}

#[tokio::test]
async fn session_updates_at_the_same_time_lose_nothing() {
    let app = cafe(&[]).await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let app = app.clone();
            app.env().clone().spawn(async move { orders(&app, "ada", "soup").await.unwrap() })
        })
        .collect();
    let mut counts = Vec::new();
    for task in tasks {
        counts.push(task.await.unwrap());
    }
    counts.sort_unstable();
    assert_eq!(counts, (1..=50).collect::<Vec<u32>>());
}
