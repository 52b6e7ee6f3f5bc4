//! What can be asked of it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures_util::stream;
use partitura::prelude::*;

/// How much has been counted.
#[injectable]
pub struct Total {
    #[init(AtomicI64::new(0))]
    value: AtomicI64,
}

/// Adds to the total, and answers with it.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Add {
    /// How much; may be less than nothing.
    #[validate(range(min = -1000, max = 1000))]
    pub by: i64,
}

#[handler]
pub async fn add(command: Add, total: &Total) -> Result<i64> {
    Ok(total.value.fetch_add(command.by, Ordering::SeqCst) + command.by)
}

/// Begins again. For those whom the configuration gives the role: `roles."1000" = ["admin"]`.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Reset {}

#[handler(allow("admin"))]
pub async fn reset(_: Reset, total: &Total) -> Result<i64> {
    Ok(total.value.swap(0, Ordering::SeqCst))
}

/// Counts up, a number at a time.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Count {
    /// The last number.
    pub to: u64,
    /// Milliseconds between two.
    #[serde(default)]
    pub pace: u64,
}

#[handler]
pub fn count(query: Count, cx: &Context) -> impl Stream<Item = Result<u64>> + Send {
    stream::unfold(1, move |number| async move {
        if number > query.to {
            return None;
        }
        if query.pace > 0 {
            cx.env().sleep(Duration::from_millis(query.pace)).await;
        }
        Some((Ok(number), number + 1))
    })
}

/// Answers after a while.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Wait {
    /// After how many milliseconds.
    pub millis: u64,
}

#[handler]
pub async fn wait(query: Wait, cx: &Context) -> Result<u64> {
    cx.env().sleep(Duration::from_millis(query.millis)).await;
    Ok(query.millis)
}

/// Who the caller is, as the kernel says.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Who {}

#[handler]
pub async fn who(_: Who, cx: &Context) -> Result<Identity> {
    Ok(cx.identity().clone())
}
