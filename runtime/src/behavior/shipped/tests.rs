//! The cache beside a list that is searched from end to end.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{Key, Replies, backoff};
use crate::env::{Env, Virtual};

#[derive(Debug, Clone)]
enum Step {
    Get(u8),
    Put(u8, u32),
    Pass(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..8_u8).prop_map(Step::Get),
        3 => (0..8_u8, any::<u32>()).prop_map(|(key, reply)| Step::Put(key, reply)),
        1 => (0..6_u8).prop_map(Step::Pass),
    ]
}

/// Those used last are last.
#[derive(Default)]
struct Model(Vec<(u8, u32, Option<Instant>)>);

impl Model {
    fn get(&mut self, key: u8, now: Instant) -> Option<u32> {
        let index = self.0.iter().position(|(other, ..)| *other == key)?;
        let kept = self.0.remove(index);
        if kept.2.is_some_and(|until| until <= now) {
            return None;
        }
        self.0.push(kept);
        Some(kept.1)
    }

    fn put(&mut self, key: u8, reply: u32, until: Option<Instant>, limit: usize) {
        self.0.retain(|(other, ..)| *other != key);
        self.0.push((key, reply, until));
        let over = self.0.len().saturating_sub(limit);
        self.0.drain(..over);
    }
}

fn key(key: u8) -> Key {
    // Callers have replies of their own.
    Key { message: (key / 2).to_string(), caller: (key % 2 == 1).then(|| "ada".to_owned()) }
}

proptest! {
    #[test]
    fn cache_keeps_what_was_used_last_until_its_time_is_over(
        steps in prop::collection::vec(step(), 0..200),
        limit in 0..6_usize,
        ttl in prop_oneof![Just(None), (0..4_u64).prop_map(Some)],
    ) {
        let (replies, mut model) = (Replies::<u32>::default(), Model::default());
        let mut now = Virtual::new(0).env().now();
        for step in steps {
            match step {
                Step::Get(number) => prop_assert_eq!(replies.get(&key(number), now), model.get(number, now)),
                Step::Put(number, reply) => {
                    let until = ttl.map(|ttl| now + Duration::from_secs(ttl));
                    replies.put(key(number), reply, until, limit);
                    model.put(number, reply, until, limit);
                }
                Step::Pass(seconds) => now += Duration::from_secs(u64::from(seconds)),
            }
            prop_assert!(replies.len() <= limit);
            prop_assert_eq!(replies.len(), model.0.len());
        }
    }

    #[test]
    fn backoff_doubles_up_to_its_limit(first in 0..100_000_u64, tried in 1..100_u32, random: u64) {
        let first = Duration::from_millis(first);
        let full = first.saturating_mul(2_u32.saturating_pow(tried - 1)).min(Duration::from_secs(30));
        let wait = backoff(first, tried, random);
        prop_assert!(wait >= full / 2 && wait <= full, "{wait:?} of {full:?}");
    }
}

#[test]
fn backoff_of_real_numbers_is_spread() {
    let env = Env::real();
    let waits: std::collections::BTreeSet<_> =
        (0..100).map(|_| backoff(Duration::from_secs(1), 1, env.random_u64())).collect();
    assert!(waits.len() > 90);
}
