//! A stream takes no more memory the longer it is. Alone in its program, which is what is measured.
#![allow(missing_docs)]
#![cfg(target_os = "linux")]

use futures_util::stream;
use partitura::prelude::*;

partitura::app! { Counter { modules: [] } }

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Count {
    until: u64,
}

#[handler]
fn count(query: Count) -> impl Stream<Item = Result<u64>> + Send {
    stream::iter((0..query.until).map(Ok))
}

/// What the process has in memory, in KiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_million_items_take_no_more_memory_than_a_thousand() {
    const ITEMS: u64 = 1_000_000;
    let app = Counter::test().build().await.unwrap();
    let mut counted = app.send(Count { until: ITEMS }).await.unwrap();
    for _ in 0..1000 {
        counted.next().await.unwrap().unwrap();
    }
    let before = resident();
    let mut number = 1000;
    while let Some(item) = counted.next().await {
        assert_eq!(item.unwrap(), number);
        number += 1;
    }
    assert_eq!(number, ITEMS);
    let grown = resident().saturating_sub(before);
    // A million items of 8 bytes, if something kept them, would be 8 MiB.
    assert!(grown < 1024, "{grown} KiB more");
}
