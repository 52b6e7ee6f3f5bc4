//! Durations as people write them: `250ms`, `5s`, `2m`, `1h30m`.
//!
//! For a field of type `Duration` write `#[serde(with = "partitura::config::duration")]`; for an `Option<Duration>`
//! `#[serde(default, with = "partitura::config::duration::option")]`.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserializer, Error, Visitor};
use serde::ser::Serializer;

const FORM: &str = "a number and a unit (ms, s, m, h, d), such as `250ms`, `5s` or `1h30m`";

/// The units, longest first, with their nanoseconds.
const UNITS: [(&str, u128); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// Reads a duration: whole numbers with units (`d`, `h`, `m`, `s`, `ms`, `us`, `ns`), longest unit first, each once.
///
/// # Errors
/// A sentence that says what is wrong with `text` and what would be right.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(format!("a duration is empty: write {FORM}"));
    }
    let (mut total, mut longer) = (0u128, UNITS.as_slice());
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        let (unit, after) = after.split_at(after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len()));
        let wrong = |what: String| format!("`{text}` is not a duration: {what}; write {FORM}");
        if number.is_empty() {
            return Err(wrong(format!("a whole number is missing before `{rest}`")));
        }
        if unit.is_empty() {
            return Err(wrong(format!("`{number}` has no unit")));
        }
        if !UNITS.iter().any(|(name, _)| *name == unit) {
            return Err(wrong(format!("`{unit}` is no unit")));
        }
        let Some(position) = longer.iter().position(|(name, _)| *name == unit) else {
            return Err(wrong(format!("`{unit}` stands after a shorter unit, or twice")));
        };
        let nanos = number.parse::<u128>().ok().and_then(|number| number.checked_mul(longer[position].1));
        total = nanos.and_then(|nanos| total.checked_add(nanos)).ok_or_else(|| wrong("it is too long".into()))?;
        longer = &longer[position + 1..];
        rest = after;
    }
    let seconds = u64::try_from(total / 1_000_000_000).map_err(|_| format!("`{text}` is too long for a duration"))?;
    // The remainder is below a thousand million, so it fits.
    Ok(Duration::new(seconds, (total % 1_000_000_000) as u32))
}

/// Writes a duration so that [`parse_duration`] reads the same one.
pub fn print_duration(duration: Duration) -> String {
    let (mut rest, mut text) = (duration.as_nanos(), String::new());
    for (unit, nanos) in UNITS {
        if rest >= nanos {
            text.push_str(&format!("{}{unit}", rest / nanos));
            rest %= nanos;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// For `#[serde(with = ..)]`.
///
/// # Errors
/// If the value is not a string, or [`parse_duration`] refuses it.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    deserializer.deserialize_str(Text)
}

/// For `#[serde(with = ..)]`.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&print_duration(*duration))
}

/// The same for an `Option<Duration>`.
pub mod option {
    use super::*;

    /// For `#[serde(default, with = ..)]`.
    ///
    /// # Errors
    /// If the value is not a string, or [`parse_duration`] refuses it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        deserializer.deserialize_option(Maybe)
    }

    /// For `#[serde(default, with = ..)]`.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => serializer.serialize_some(&print_duration(*duration)),
            None => serializer.serialize_none(),
        }
    }
}

struct Text;

impl Visitor<'_> for Text {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"5s\" or \"1h30m\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        parse_duration(text).map_err(E::custom)
    }
}

struct Maybe;

impl<'de> Visitor<'de> for Maybe {
    type Value = Option<Duration>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Text.expecting(f)
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserialize(deserializer).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_printed() {
        let rows = [
            ("5s", 5_000, "5s"),
            ("250ms", 250, "250ms"),
            ("2m", 120_000, "2m"),
            ("1h", 3_600_000, "1h"),
            ("1h30m", 5_400_000, "1h30m"),
            ("90m", 5_400_000, "1h30m"),
            (" 1d ", 86_400_000, "1d"),
            ("1500ms", 1_500, "1s500ms"),
            ("0s", 0, "0s"),
        ];
        for (text, millis, printed) in rows {
            let duration = parse_duration(text).unwrap();
            assert_eq!(duration, Duration::from_millis(millis), "{text}");
            assert_eq!(print_duration(duration), printed);
        }
        assert_eq!(parse_duration(&print_duration(Duration::MAX)), Ok(Duration::MAX));
    }

    #[test]
    fn durations_that_are_wrong_say_what_would_be_right() {
        let rows = [
            ("", "empty"),
            ("5", "`5` has no unit"),
            ("s", "a whole number is missing before `s`"),
            ("1.5s", "`1` has no unit"),
            ("-5s", "a whole number is missing before `-5s`"),
            ("5 s", "`5` has no unit"),
            ("5sec", "`sec` is no unit"),
            ("5s5s", "`s` stands after a shorter unit, or twice"),
            ("30m1h", "`h` stands after a shorter unit, or twice"),
            ("99999999999999999999999999999999999999d", "too long"),
            ("999999999999999999999d", "too long"),
            ("5µs", "`µs` is no unit"),
        ];
        for (text, part) in rows {
            let error = parse_duration(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
        assert!(parse_duration("5").unwrap_err().contains("`250ms`, `5s` or `1h30m`"));
    }
}
