//! How many requests a caller may make in a time.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Deserializer, de};

/// A number of requests in a time: `100/s`, `10/m`, `1000/h`. So many may come at once, and they come back evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In which time.
    pub period: Duration,
}

impl Rate {
    fn parse(text: &str) -> Option<Rate> {
        let (count, unit) = text.split_once('/')?;
        let count: u32 = count.trim().parse().ok().filter(|count| *count > 0)?;
        let seconds = match unit.trim() {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return None,
        };
        Some(Rate { count, period: Duration::from_secs(seconds) })
    }

    /// The time in which one comes back.
    fn each(self) -> Duration {
        (self.period / self.count).max(Duration::from_nanos(1))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.period.as_secs() {
            1 => "s",
            60 => "m",
            3600 => "h",
            _ => "d",
        };
        write!(f, "{}/{unit}", self.count)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Rate::parse(&text).ok_or_else(|| {
            let text =
                format!("`{text}` is no rate: write a number, `/` and s, m, h or d, such as \"100/s\" or \"10/m\"");
            de::Error::custom(text)
        })
    }
}

/// Whom a rate is counted for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Caller<'a> {
    /// Who has shown credentials that hold.
    Subject(&'a str),
    /// Who has not. An owner of version 6 has a whole /64, so that is one caller.
    Address(IpAddr),
    /// All of whom nothing is known together.
    Nobody,
}

/// What is left to each caller. As many as `most`: when there are more, those that were heard of longest ago are forgotten, and
/// begin anew.
pub(crate) struct Buckets {
    // Callers are kept as two hashes: a name may be as long as a header, and nobody can look for one that meets another.
    hashers: [RandomState; 2],
    most: usize,
    generations: Mutex<Generations>,
}

type Key = (u32, u64, u64);

/// When a bucket is full again. What was used in the young half is in it; what was not when it was full, is forgotten.
#[derive(Default)]
struct Generations {
    young: HashMap<Key, Instant>,
    old: HashMap<Key, Instant>,
}

impl Buckets {
    pub(super) fn new(most: usize) -> Self {
        Buckets { hashers: [RandomState::new(), RandomState::new()], most: most.max(2), generations: Mutex::default() }
    }

    /// Takes one from the bucket of `caller` for `limit`, a number of the caller's choice.
    ///
    /// # Errors
    /// When there is one again.
    pub(super) fn take(&self, limit: u32, caller: Caller<'_>, rate: Rate, now: Instant) -> Result<(), Duration> {
        let key = self.key(limit, caller);
        let each = rate.each();
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let Generations { young, old } = &mut *generations;
        let full_at = young.get(&key).or_else(|| old.get(&key)).map_or(now, |at| (*at).max(now));
        // Full at `full_at`: what is missing until then has been taken.
        let next = full_at.checked_add(each).unwrap_or(full_at);
        let most = each.saturating_mul(rate.count);
        let missing = next.saturating_duration_since(now);
        let taken = if missing > most { Err(missing - most) } else { Ok(()) };
        if young.len() >= self.most / 2 && !young.contains_key(&key) {
            *old = std::mem::take(young);
        }
        // Also who is refused has been heard of: nobody gets a new bucket by knocking often.
        young.insert(key, if taken.is_ok() { next } else { full_at });
        taken
    }

    fn key(&self, limit: u32, caller: Caller<'_>) -> Key {
        let [one, two] = &self.hashers;
        let hash = |hasher: &RandomState| match caller {
            Caller::Subject(name) => hasher.hash_one((0u8, name)),
            Caller::Address(IpAddr::V4(four)) => hasher.hash_one((1u8, four.to_bits())),
            Caller::Address(IpAddr::V6(six)) => hasher.hash_one((2u8, six.to_bits() >> 64)),
            Caller::Nobody => hasher.hash_one(3u8),
        };
        (limit, hash(one), hash(two))
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        let generations = self.generations.lock().unwrap();
        generations.young.len() + generations.old.len()
    }
}

#[cfg(test)]
mod tests {
    use partitura_runtime::env::Env;

    use super::*;

    #[test]
    fn a_bucket_is_emptied_and_fills_evenly() {
        let (buckets, now) = (Buckets::new(100), Env::real().now());
        let rate = Rate::parse("10/s").unwrap();
        let at = |millis| now + Duration::from_millis(millis);
        for _ in 0..10 {
            buckets.take(0, Caller::Subject("ada"), rate, now).unwrap();
        }
        let wait = buckets.take(0, Caller::Subject("ada"), rate, now).unwrap_err();
        assert_eq!(wait, Duration::from_millis(100));
        buckets.take(0, Caller::Subject("bob"), rate, now).unwrap();
        buckets.take(1, Caller::Subject("ada"), rate, now).unwrap();
        buckets.take(0, Caller::Subject("ada"), rate, at(100)).unwrap();
        buckets.take(0, Caller::Subject("ada"), rate, at(150)).unwrap_err();
        for _ in 0..10 {
            buckets.take(0, Caller::Subject("ada"), rate, at(10_000)).unwrap();
        }
        buckets.take(0, Caller::Subject("ada"), rate, at(10_000)).unwrap_err();
    }

    #[test]
    fn the_table_is_bounded_and_forgets_who_was_heard_of_longest_ago() {
        let (buckets, now) = (Buckets::new(1_000), Env::real().now());
        let rate = Rate::parse("1/h").unwrap();
        buckets.take(0, Caller::Subject("busy"), rate, now).unwrap();
        for number in 0..100_000u32 {
            let address = Caller::Address(IpAddr::V4(number.into()));
            buckets.take(0, address, rate, now).unwrap();
            assert!(buckets.len() <= 1_000);
        }
        // It has been forgotten meanwhile: the price of a bound.
        buckets.take(0, Caller::Subject("busy"), rate, now).unwrap();
    }

    #[test]
    fn the_addresses_of_one_owner_are_one_caller() {
        let (buckets, now) = (Buckets::new(1_000), Env::real().now());
        let rate = Rate::parse("1/m").unwrap();
        buckets.take(0, Caller::Address("2001:db8::1".parse().unwrap()), rate, now).unwrap();
        buckets.take(0, Caller::Address("2001:db8::2".parse().unwrap()), rate, now).unwrap_err();
        buckets.take(0, Caller::Address("2001:db8:0:1::1".parse().unwrap()), rate, now).unwrap();
    }

    #[test]
    fn rates_are_read() {
        for (text, there) in
            [("100/s", true), ("1 / m", true), ("0/s", false), ("5", false), ("5/w", false), ("-1/s", false)]
        {
            assert_eq!(Rate::parse(text).is_some(), there, "{text}");
        }
        assert_eq!(Rate::parse("7/h").unwrap().to_string(), "7/h");
    }
}
