//! The identifiers of W3C Trace Context, version 00 (<https://www.w3.org/TR/trace-context/>): they follow a message
//! from one system to the next, and the log and every error name them.

use std::borrow::Cow;
use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::env::Env;

/// The content of the header `traceparent`: which trace, which span of it is calling, and whether it is recorded.
///
/// Parsing follows §3.2 and §4.3 of the standard: lower case only, no zero identifier, no version `ff`; of a later
/// version, what version 00 knows is read and the rest is left. What is written is always version 00, and of the flags
/// only `sampled`, as the standard asks of those who do not know the others. A header that does not parse is to be
/// treated as absent: start a trace with [`TraceParent::root`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceParent {
    /// The whole of the work, the same in all systems that take part.
    pub trace_id: TraceId,
    /// The part of it that sends this header: the parent of whatever the receiver does.
    pub parent_id: SpanId,
    /// Whether the sender records the trace.
    pub sampled: bool,
}

impl TraceParent {
    /// The beginning of a trace.
    pub fn root(env: &Env, sampled: bool) -> Self {
        TraceParent { trace_id: TraceId::generate(env), parent_id: SpanId::generate(env), sampled }
    }

    /// The same trace with a new span, to be sent onwards.
    #[must_use]
    pub fn child(self, env: &Env) -> Self {
        TraceParent { parent_id: SpanId::generate(env), ..self }
    }

    /// Reads the value of a header, which need not be text.
    ///
    /// # Errors
    /// [`InvalidTrace`], with what is wrong.
    pub fn parse(header: &[u8]) -> Result<Self, InvalidTrace> {
        const LENGTH: usize = 55;
        let Some((known, rest)) = header.split_at_checked(LENGTH) else { return Err(InvalidTrace::Length) };
        let (version, flags) = (hex(&known[0..2])?, hex(&known[53..55])?);
        if version == 0xff {
            return Err(InvalidTrace::Version);
        }
        if version == 0 && !rest.is_empty() {
            return Err(InvalidTrace::Length);
        }
        let separators = [known[2], known[35], known[52], rest.first().copied().unwrap_or(b'-')];
        if separators != *b"----" {
            return Err(InvalidTrace::Separator);
        }
        let trace_id = TraceId::from_hex(&known[3..35])?;
        let parent_id = SpanId::from_hex(&known[36..52])?;
        Ok(TraceParent { trace_id, parent_id, sampled: flags & 1 == 1 })
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace_id, self.parent_id, u8::from(self.sampled))
    }
}

impl FromStr for TraceParent {
    type Err = InvalidTrace;

    fn from_str(text: &str) -> Result<Self, InvalidTrace> {
        TraceParent::parse(text.as_bytes())
    }
}

/// A trace: 128 bits, never zero. Its text is 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(NonZeroU128);

impl TraceId {
    /// A new one, random.
    pub fn generate(env: &Env) -> Self {
        // An environment that draws zero still gets a valid identifier, if not a rare one.
        TraceId(NonZeroU128::new(env.random_u128()).unwrap_or(NonZeroU128::MIN))
    }

    /// The identifier with this number; none for zero.
    pub fn new(number: u128) -> Option<Self> {
        NonZeroU128::new(number).map(TraceId)
    }

    /// Its number.
    pub fn get(self) -> u128 {
        self.0.get()
    }

    /// The last 8 digits, for people to read. The last, since systems with shorter identifiers fill up with zeros on
    /// the left (§4.2 of the standard).
    pub fn short(self) -> impl fmt::Display {
        struct Short(u128);
        impl fmt::Display for Short {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:08x}", self.0 & 0xffff_ffff)
            }
        }
        Short(self.get())
    }

    fn from_hex(digits: &[u8]) -> Result<Self, InvalidTrace> {
        if digits.len() != 32 {
            return Err(InvalidTrace::Length);
        }
        TraceId::new(hex(digits)?).ok_or(InvalidTrace::Zero)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// A part of a trace: 64 bits, never zero. Its text is 16 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(NonZeroU64);

impl SpanId {
    /// A new one, random.
    pub fn generate(env: &Env) -> Self {
        SpanId(NonZeroU64::new(env.random_u64()).unwrap_or(NonZeroU64::MIN))
    }

    /// The identifier with this number; none for zero.
    pub fn new(number: u64) -> Option<Self> {
        NonZeroU64::new(number).map(SpanId)
    }

    /// Its number.
    pub fn get(self) -> u64 {
        self.0.get()
    }

    fn from_hex(digits: &[u8]) -> Result<Self, InvalidTrace> {
        if digits.len() != 16 {
            return Err(InvalidTrace::Length);
        }
        // 16 digits fit: nothing is cut off.
        SpanId::new(hex(digits)? as u64).ok_or(InvalidTrace::Zero)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Why a text is no [`TraceParent`], [`TraceId`] or [`SpanId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidTrace {
    /// Too short or too long.
    Length,
    /// Something else than `0-9a-f` where a digit belongs. Upper case is wrong too.
    Digit,
    /// No `-` where one belongs.
    Separator,
    /// An identifier of zeros only.
    Zero,
    /// Version `ff`, which will never be.
    Version,
}

impl fmt::Display for InvalidTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            InvalidTrace::Length => "wrong length: a trace parent has 55 characters, a trace id 32, a span id 16",
            InvalidTrace::Digit => "not a lower-case hexadecimal digit",
            InvalidTrace::Separator => "expected `-` between version, trace id, span id and flags",
            InvalidTrace::Zero => "an identifier of zeros only is not valid",
            InvalidTrace::Version => "version ff is not valid",
        })
    }
}

impl std::error::Error for InvalidTrace {}

/// The number that at most 32 digits write. (`from_str_radix` also takes a sign and upper case.)
fn hex(digits: &[u8]) -> Result<u128, InvalidTrace> {
    digits.iter().try_fold(0, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return Err(InvalidTrace::Digit),
        };
        Ok(number << 4 | u128::from(value))
    })
}

macro_rules! as_text {
    ($($id:ty),*) => {$(
        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

as_text!(TraceParent, TraceId, SpanId);

macro_rules! id_from_text {
    ($($id:ident),*) => {$(
        impl FromStr for $id {
            type Err = InvalidTrace;

            fn from_str(text: &str) -> Result<Self, InvalidTrace> {
                $id::from_hex(text.as_bytes())
            }
        }

        /// As it is written.
        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}

id_from_text!(TraceId, SpanId);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::env::{Environment, Virtual};

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn check(input: &str, expect: Result<&str, InvalidTrace>) {
        let found = input.parse::<TraceParent>().map(|parent| parent.to_string());
        assert_eq!(found.as_deref().map_err(|e| *e), expect, "{input}");
    }

    #[test]
    fn trace_parent_reads_and_writes_version_00() {
        let parent: TraceParent = GOOD.parse().unwrap();
        assert_eq!(parent.trace_id.get(), 0x4bf92f3577b34da6a3ce929d0e0e4736);
        assert_eq!(parent.parent_id.get(), 0x00f067aa0ba902b7);
        assert!(parent.sampled);
        check(GOOD, Ok(GOOD));
        assert_eq!(parent.trace_id.short().to_string(), "0e0e4736");
        assert_eq!(serde_json::to_string(&parent).unwrap(), format!("{GOOD:?}"));
        assert_eq!(serde_json::from_str::<TraceParent>(&format!("{GOOD:?}")).unwrap(), parent);
    }

    #[test]
    fn trace_parent_refuses_all_zero_ids() {
        check("00-00000000000000000000000000000000-00f067aa0ba902b7-01", Err(InvalidTrace::Zero));
        check("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", Err(InvalidTrace::Zero));
        assert_eq!("0".repeat(32).parse::<TraceId>(), Err(InvalidTrace::Zero));
        assert_eq!("0".repeat(16).parse::<SpanId>(), Err(InvalidTrace::Zero));
        assert_eq!((TraceId::new(0), SpanId::new(0)), (None, None));
    }

    #[test]
    fn trace_parent_refuses_version_ff() {
        check(&GOOD.replacen("00", "ff", 1), Err(InvalidTrace::Version));
        check(&format!("{}-more", GOOD.replacen("00", "ff", 1)), Err(InvalidTrace::Version));
    }

    #[test]
    fn trace_parent_refuses_upper_case() {
        check(&GOOD.to_uppercase(), Err(InvalidTrace::Digit));
        assert_eq!("A".repeat(32).parse::<TraceId>(), Err(InvalidTrace::Digit));
        assert_eq!(format!("+{}", "a".repeat(15)).parse::<SpanId>(), Err(InvalidTrace::Digit));
    }

    #[test]
    fn trace_parent_refuses_wrong_lengths_and_separators() {
        check("", Err(InvalidTrace::Length));
        check(&GOOD[..54], Err(InvalidTrace::Length));
        check(&format!("{GOOD}-"), Err(InvalidTrace::Length));
        check(&format!(" {}", &GOOD[..54]), Err(InvalidTrace::Digit));
        check(&GOOD.replacen('-', "_", 1), Err(InvalidTrace::Separator));
        for length in 0..40 {
            let digits = "a".repeat(length);
            assert_eq!(digits.parse::<TraceId>().is_ok(), length == 32);
            assert_eq!(digits.parse::<SpanId>().is_ok(), length == 16);
        }
    }

    #[test]
    fn trace_parent_accepts_later_versions_with_more() {
        let later = GOOD.replacen("00", "01", 1);
        check(&later, Ok(GOOD));
        check(&format!("{later}-what-the-future-brings"), Ok(GOOD));
        check(&format!("{later}.what"), Err(InvalidTrace::Separator));
    }

    #[test]
    fn trace_parent_writes_no_flag_that_it_does_not_know() {
        check(&GOOD.replace("-01", "-ff"), Ok(GOOD));
        check(&GOOD.replace("-01", "-02"), Ok(&GOOD.replace("-01", "-00")));
    }

    #[test]
    fn trace_parent_is_drawn_from_env() {
        let draw = |seed| {
            let env = Virtual::new(seed).env();
            let root = TraceParent::root(&env, true);
            (root, root.child(&env))
        };
        let (root, child) = draw(7);
        assert_eq!((root, child), draw(7), "the same seed gives the same ids");
        assert_ne!(root, draw(8).0);
        assert_eq!((root.trace_id, root.sampled), (child.trace_id, child.sampled));
        assert_ne!(root.parent_id, child.parent_id);
    }

    #[test]
    fn trace_ids_are_never_zero() {
        struct Stuck;
        impl Environment for Stuck {
            fn now(&self) -> std::time::Instant {
                unimplemented_here()
            }
            fn wall_clock(&self) -> std::time::SystemTime {
                unimplemented_here()
            }
            fn random(&self) -> u64 {
                0
            }
            fn sleep_until(&self, _: std::time::Instant) -> futures_util::future::BoxFuture<'static, ()> {
                unimplemented_here()
            }
            fn spawn(&self, _: futures_util::future::BoxFuture<'static, ()>) {}
        }
        fn unimplemented_here() -> ! {
            panic!("nobody asks")
        }
        let text = TraceParent::root(&Env::new(Stuck), false).to_string();
        assert!(text.parse::<TraceParent>().is_ok(), "{text}");
    }

    proptest! {
        #[test]
        fn trace_parent_round_trips(trace in 1u128.., span in 1u64.., sampled: bool) {
            let parent = TraceParent {
                trace_id: TraceId::new(trace).unwrap(),
                parent_id: SpanId::new(span).unwrap(),
                sampled,
            };
            prop_assert_eq!(parent.to_string().parse::<TraceParent>(), Ok(parent));
            prop_assert_eq!(parent.trace_id.to_string().parse::<TraceId>(), Ok(parent.trace_id));
            prop_assert_eq!(parent.parent_id.to_string().parse::<SpanId>(), Ok(parent.parent_id));
        }

        #[test]
        fn trace_parent_refuses_what_is_no_header(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(TraceParent::parse(&bytes).is_err());
        }

        /// One character of a good header replaced: what is still accepted is a header by the letter of the standard.
        #[test]
        fn trace_parent_refuses_malformed_strings(at in 0usize..55, other: char) {
            let text: String = GOOD.chars().enumerate().map(|(i, c)| if i == at { other } else { c }).collect();
            let digit = matches!(other, '0'..='9' | 'a'..='f');
            let legal = if [2, 35, 52].contains(&at) { other == '-' } else { digit };
            prop_assert_eq!(text.parse::<TraceParent>().is_ok(), legal, "{}", text);
        }
    }
}
