//! The one who writes.

use std::time::{Duration, Instant};

use bytes::Bytes;
use partitura_runtime::env::Env;
use tokio::sync::mpsc;

use crate::limits::OUTGOING;
use crate::transport::{Lost, Transmit};

/// Writes what is told, until it is told to close.
pub(super) async fn write<T: Transmit>(
    mut transmit: T,
    mut queue: mpsc::Receiver<Out>,
    limit: Duration,
    env: &Env,
) -> Result<(), Lost> {
    let end = || (!limit.is_zero()).then(|| env.now().checked_add(limit)).flatten();
    let (mut next, mut kept) = (queue.recv().await, 0);
    while let Some(out) = next {
        let Out::Frame(frame) = out else {
            until(env, end(), transmit.flush()).await.unwrap_or(Err(Lost::Slow))?;
            let _ = until(env, end(), transmit.close()).await;
            return Ok(());
        };
        until(env, end(), transmit.transmit(frame)).await.unwrap_or(Err(Lost::Slow))?;
        kept += 1;
        next = queue.try_recv().ok();
        // What waits goes with it; but somebody always waiting must not keep what is written from being sent.
        if next.is_none() || kept == OUTGOING {
            until(env, end(), transmit.flush()).await.unwrap_or(Err(Lost::Slow))?;
            kept = 0;
        }
        if next.is_none() {
            next = queue.recv().await;
        }
    }
    Ok(())
}

/// What waits to be written.
pub(super) enum Out {
    /// A frame.
    Frame(Bytes),
    /// Nothing more.
    Close,
}

/// `work`, until `end`.
pub(super) async fn until<T>(env: &Env, end: Option<Instant>, work: impl Future<Output = T>) -> Option<T> {
    match end {
        Some(end) => env.timeout_at(end, work).await.ok(),
        None => Some(work.await),
    }
}
