//! What is counted of messages.
#![allow(missing_docs)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use metrics::{Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use partitura::prelude::*;

partitura::app! { Bank { modules: [], behaviors: [Tracing, Metrics] } }

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub fails: bool,
}

#[handler]
async fn open(command: Open) -> Result<()> {
    if command.fails { Err(Error::conflict("taken")) } else { Ok(()) }
}

/// Keeps what it is told, by name and labels.
#[derive(Default)]
struct Kept(Mutex<BTreeMap<String, Arc<AtomicU64>>>);

impl Kept {
    fn of(&self, key: &Key) -> Arc<AtomicU64> {
        let labels: Vec<String> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default().clone()
    }
}

struct Times(Arc<AtomicU64>);

impl HistogramFn for Times {
    fn record(&self, value: f64) {
        assert!((0.0..60.0).contains(&value));
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Recorder for Kept {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.of(key))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.of(key))
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::new(Times(self.of(key))))
    }
}

fn on_tokio(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
}

#[test]
fn metrics_count_and_time_messages_by_name_and_outcome() {
    let kept = Kept::default();
    metrics::with_local_recorder(&kept, || {
        on_tokio(async {
            let app = Bank::test().build().await.unwrap();
            for fails in [false, true, false] {
                let _ = app.send(Open { fails }).await;
            }
        });
    });
    let kept = kept.0.into_inner().unwrap();
    let counts: BTreeMap<&str, u64> =
        kept.iter().map(|(name, count)| (&**name, count.load(Ordering::SeqCst))).collect();
    let expected = [
        ("partitura_message_seconds{message=metrics.Open}", 3),
        ("partitura_messages_in_flight{}", 0.0_f64.to_bits()),
        ("partitura_messages_total{message=metrics.Open,kind=command,outcome=conflict}", 1),
        ("partitura_messages_total{message=metrics.Open,kind=command,outcome=ok}", 2),
    ];
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), expected);
}
