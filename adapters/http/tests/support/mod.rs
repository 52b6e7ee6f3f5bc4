//! An application with routes of every form.
#![allow(dead_code, unreachable_pub)]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use partitura::prelude::*;

/// What a test may ask afterwards.
#[injectable]
pub struct Watch {
    #[init(AtomicUsize::new(0))]
    pub started: AtomicUsize,
    #[init(AtomicUsize::new(0))]
    pub finished: AtomicUsize,
    #[init(AtomicUsize::new(0))]
    pub dropped: AtomicUsize,
}

/// Counts what was begun and not finished.
struct Begun<'a>(&'a AtomicUsize);

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Counts {}

#[handler(route(get, "/counts"))]
pub async fn counts(_query: Counts, watch: &Watch) -> Result<Vec<usize>> {
    Ok([&watch.started, &watch.finished, &watch.dropped].map(|count| count.load(Ordering::SeqCst)).to_vec())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by")]
pub enum Payment {
    Card {
        number: String,
        #[serde(default)]
        limit: Option<u32>,
    },
    Transfer {
        iban: String,
    },
    Cash,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Amount {
    Whole(i64),
    Exact { units: i64, cents: u8 },
    Text(String),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Address {
    pub street: String,
    #[serde(default)]
    pub lines: Vec<String>,
    #[serde(default)]
    pub inner: Option<Box<Address>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Extra {
    #[serde(default)]
    pub note: Option<String>,
    #[serde(default)]
    pub weight: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct PlaceOrder {
    #[validate(required, length(max = 50))]
    pub name: String,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub payment: Option<Payment>,
    #[serde(default)]
    pub amount: Option<Amount>,
    #[serde(default)]
    pub address: Option<Address>,
    #[serde(default)]
    pub more: BTreeMap<String, i32>,
    #[serde(flatten)]
    pub extra: Extra,
}

#[injectable]
pub struct Orders {
    #[init(Mutex::new(0))]
    last: Mutex<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    pub id: u64,
    pub name: String,
}

#[handler(route(post, "/orders", created = "/orders/{id}"))]
pub async fn place(command: PlaceOrder, orders: &Orders) -> Result<Order> {
    let mut last = orders.last.lock().unwrap();
    *last += 1;
    Ok(Order { id: *last, name: command.name })
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct ShowOrder {
    pub id: u64,
    #[serde(default)]
    pub verbose: bool,
    #[serde(default)]
    pub fields: Vec<String>,
    #[serde(default)]
    pub limit: Option<u8>,
}

#[handler(route(get, "/orders/{id}"))]
pub async fn show(query: ShowOrder) -> Result<Versioned<Order>> {
    Ok(Versioned::new(query.id, Order { id: query.id, name: query.fields.join(",") }))
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Rename {
    pub id: u64,
    pub name: String,
    pub seen: u64,
}

#[handler(route(patch, "/orders/{id}", if_match = "seen"))]
pub async fn rename(command: Rename) -> Result<()> {
    partitura::reply::unchanged(3, command.seen)
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Upload {
    pub title: String,
    #[serde(default)]
    pub count: Option<u32>,
    pub file: partitura::reply::File,
}

#[handler(route(post, "/files"))]
pub async fn upload(command: Upload) -> Result<usize> {
    Ok(command.file.content.len())
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Count {
    pub to: u32,
    #[serde(default)]
    pub fail_at: Option<u32>,
    /// Between two.
    #[serde(default)]
    pub ms: u64,
}

#[handler(route(get, "/count/{to}"))]
pub fn count(query: Count, watch: &Watch, cx: &Context) -> impl Stream<Item = Result<u32>> + Send {
    watch.started.fetch_add(1, Ordering::SeqCst);
    let state = (0, query, Begun(&watch.dropped));
    let env = cx.env().clone();
    futures_util::stream::unfold(state, move |(last, query, begun)| {
        let env = env.clone();
        async move {
            let next = last + 1;
            if next > query.to {
                return None;
            }
            if query.ms > 0 && next > 1 {
                env.sleep(Duration::from_millis(query.ms)).await;
            }
            let item = if query.fail_at == Some(next) { Err(Error::conflict("enough")) } else { Ok(next) };
            Some((item, (next, query, begun)))
        }
    })
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Work {
    #[serde(default)]
    pub ms: u64,
}

#[handler(route(post, "/work"))]
pub async fn work(command: Work, watch: &Watch, cx: &Context) -> Result<String> {
    watch.started.fetch_add(1, Ordering::SeqCst);
    let begun = Begun(&watch.dropped);
    cx.env().sleep(Duration::from_millis(command.ms)).await;
    std::mem::forget(begun);
    watch.finished.fetch_add(1, Ordering::SeqCst);
    Ok("done".to_owned())
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Large {
    pub bytes: usize,
}

#[handler(route(get, "/large/{bytes}"))]
pub async fn large(query: Large) -> Result<String> {
    Ok("x".repeat(query.bytes.min(64 << 20)))
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Break {}

#[handler(route(post, "/break"))]
pub async fn break_it(_command: Break) -> Result<()> {
    panic!("broken on purpose")
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Echo {
    pub text: String,
    #[serde(default)]
    pub times: Option<u8>,
}

#[handler]
pub async fn echo(query: Echo) -> Result<String> {
    Ok(query.text)
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
#[command(local)]
pub struct Hidden {}

#[handler]
pub async fn hidden(_command: Hidden) -> Result<()> {
    Ok(())
}
