//! Several messages at once, and one instead of another.
#![allow(missing_docs)]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use partitura::TestApp;
use partitura::prelude::*;

partitura::app! { Prices { modules: [] } }

#[injectable]
#[derive(Default)]
pub struct Load {
    #[init]
    now: AtomicU32,
    #[init]
    most: AtomicU32,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct PriceOf {
    item: u64,
}

#[handler]
async fn price_of(query: PriceOf, load: &Load, cx: &Context) -> Result<u64> {
    let now = load.now.fetch_add(1, Ordering::SeqCst) + 1;
    load.most.fetch_max(now, Ordering::SeqCst);
    // The later ones are ready first.
    cx.env().sleep(Duration::from_millis(1_000 - query.item)).await;
    load.now.fetch_sub(1, Ordering::SeqCst);
    if query.item % 10 == 7 { Err(Error::not_found("no price")) } else { Ok(query.item * 2) }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct NameOf {
    item: u64,
}

#[handler]
async fn name_of(query: NameOf, cx: &Context) -> Result<String> {
    cx.env().sleep(Duration::from_secs(1)).await;
    if query.item == 0 { Err(Error::not_found("no name")) } else { Ok(format!("item {}", query.item)) }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct All {
    items: u64,
}

#[handler]
async fn all(query: All, cx: &Context) -> Result<Vec<Option<u64>>> {
    let items: Vec<PriceOf> = (0..query.items).map(|item| PriceOf { item }).collect();
    Ok(cx.join(items).await.into_iter().map(Result::ok).collect())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Both {
    item: u64,
}

#[handler]
async fn both(query: Both, cx: &Context) -> Result<(Option<u64>, Option<String>, bool)> {
    let item = query.item;
    let (price, name, (three,)) = {
        let (price, name) = cx.join((PriceOf { item }, NameOf { item })).await;
        (price, name, (cx.join([PriceOf { item: 1 }, PriceOf { item: 2 }, PriceOf { item: 7 }]).await,))
    };
    assert!(three[0].as_ref().is_ok_and(|price| *price == 2) && three[2].is_err());
    Ok((price.ok(), name.ok(), three[1].is_ok()))
}

async fn prices() -> (TestApp, Arc<Load>) {
    let load = Arc::new(Load::default());
    (Prices::test().replace(load.clone()).build().await.unwrap(), load)
}

#[tokio::test]
async fn join_answers_in_the_order_asked_and_each_for_itself() {
    let (app, _) = prices().await;
    let before = app.env().now();
    let expected: Vec<_> = (0..20).map(|item| (item % 10 != 7).then_some(item * 2)).collect();
    app.track().send(All { items: 20 }).await.replied(&expected);
    assert_eq!(app.env().now() - before, Duration::from_secs(1), "at the same time");
    app.track().send(All { items: 0 }).await.replied(&vec![]);
}

#[tokio::test]
async fn join_has_no_more_than_64_on_their_way() {
    let (app, load) = prices().await;
    let tracked = app.track().send(All { items: 200 }).await;
    assert_eq!(tracked.reply.unwrap().len(), 200);
    assert_eq!(load.most.load(Ordering::SeqCst), 64);
}

#[tokio::test]
async fn join_of_a_tuple_answers_each_with_its_type() {
    let (app, _) = prices().await;
    app.track().send(Both { item: 3 }).await.replied(&(Some(6), Some("item 3".to_owned()), true));
    app.track().send(Both { item: 0 }).await.replied(&(Some(0), None, true));
}

#[tokio::test]
async fn join_is_cancelled_with_its_message() {
    let (app, load) = prices().await;
    let sent = app.env().spawn({
        let app = app.clone();
        async move { app.send(All { items: 200 }).await }
    });
    app.advance(Duration::from_millis(1)).await;
    sent.abort();
    app.advance(Duration::from_secs(9)).await;
    assert_eq!(load.most.load(Ordering::SeqCst), 64, "no further one began");
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Here {
    times: u32,
}

#[handler]
async fn here(command: Here, cx: &Context) -> Result<u32> {
    if command.times == 0 {
        return Ok(cx.depth());
    }
    cx.handoff(There { times: command.times - 1 }).await
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct There {
    times: u32,
}

#[handler]
async fn there(command: There, cx: &Context) -> Result<u32> {
    cx.handoff(Here { times: command.times }).await
}

#[tokio::test]
async fn handoff_answers_with_the_reply_of_the_other() {
    let (app, _) = prices().await;
    assert_eq!(app.send(Here { times: 3 }).await.unwrap(), 7);
}

#[tokio::test]
async fn handoff_without_end_is_an_error() {
    let (app, _) = prices().await;
    let error = app.send(Here { times: u32::MAX }).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Internal, "PT0302"));
}
