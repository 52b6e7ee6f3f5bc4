use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// Each of the patterns with its text as the value.
fn matcher<'a>(patterns: &[&'a str]) -> Matcher<&'a str> {
    patterns.iter().map(|text| (text.parse().unwrap(), *text)).collect()
}

#[track_caller]
fn check(patterns: &[&str], topic: &str, expect: &[&str]) {
    let matcher = matcher(patterns);
    let found: Vec<_> = matcher.matches(&topic.parse().unwrap()).copied().collect();
    assert_eq!(found, expect, "{topic}");
}

/// By the definition of the wildcards, without a thought of its cost.
fn naive(pattern: &[&str], topic: &[&str]) -> bool {
    match (pattern, topic) {
        ([], []) => true,
        (["#", behind @ ..], _) => (0..=topic.len()).any(|taken| naive(behind, &topic[taken..])),
        (["*", behind @ ..], [_, rest @ ..]) => naive(behind, rest),
        ([word, behind @ ..], [first, rest @ ..]) => word == first && naive(behind, rest),
        _ => false,
    }
}

fn texts(words: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    vec(select(words), 1..=most).prop_map(|words| words.join("."))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn topic_matcher_agrees_with_the_definition(
        patterns in vec(texts(&["a", "b", "*", "#", "#"], 6), 0..12),
        topics in vec(texts(&["a", "b", "c"], 7), 1..8),
    ) {
        let matcher: Matcher<usize> = patterns.iter().map(|text| text.parse().unwrap()).zip(0..).collect();
        for topic in topics {
            let words: Vec<&str> = topic.split('.').collect();
            let expect: Vec<usize> = (0..patterns.len())
                .filter(|index| naive(&patterns[*index].split('.').collect::<Vec<_>>(), &words))
                .collect();
            let found: Vec<usize> = matcher.matches(&topic.parse().unwrap()).copied().collect();
            prop_assert_eq!(found, expect, "{} of {:?}", topic, &patterns);
        }
    }

    /// Many `#`, many nodes: past what is kept on the stack.
    #[test]
    fn topic_matcher_visits_each_node_once_per_word(
        patterns in vec(texts(&["a", "b", "*", "#", "#"], 32), 1..80),
        topic in texts(&["a", "b"], 32),
    ) {
        let matcher: Matcher<usize> = patterns.iter().map(|text| text.parse().unwrap()).zip(0..).collect();
        let words: usize = patterns.iter().map(|text| text.split('.').count()).sum();
        let mut found = Vec::new();
        let visits = matcher.walk(&topic, &mut found);
        prop_assert!(visits <= (words + 1) * topic.split('.').count(), "{} visits", visits);
        let once: BTreeSet<usize> = found.iter().copied().collect();
        prop_assert_eq!(once.len(), found.len());
    }

    /// What is accepted is what the rules say, character by character; and nothing panics.
    #[test]
    fn topic_texts_are_judged_by_the_rules(text in "[a*#. \u{a0}\u{3000}\u{85}é\n]{0,8}") {
        let good = |word: &str| !word.is_empty() && !word.chars().any(|c| c.is_whitespace() || c.is_control());
        let plain = |word: &str| good(word) && !word.contains(['*', '#']);
        let wanted = |word: &str| word == "*" || word == "#" || plain(word);
        prop_assert_eq!(Topic::new(text.clone()).is_ok(), text.split('.').all(plain));
        prop_assert_eq!(Pattern::new(text.clone()).is_ok(), text.split('.').all(wanted));
        prop_assert_eq!(Topic::word(&text).is_ok(), plain(&text) && !text.contains('.'));
    }
}

#[test]
fn topic_star_is_one_word_and_hash_any_number() {
    let patterns = ["orders.*", "orders.#", "#", "*", "#.placed", "orders.placed", "*.*", "#.*.#.*"];
    check(&patterns, "orders", &["orders.#", "#", "*"]);
    check(&patterns, "placed", &["#", "*", "#.placed"]);
    check(&patterns, "orders.placed", &["orders.*", "orders.#", "#", "#.placed", "orders.placed", "*.*", "#.*.#.*"]);
    check(&patterns, "orders.north.placed", &["orders.#", "#", "#.placed", "#.*.#.*"]);
    check(&["Orders"], "orders", &[]);
}

#[test]
fn topic_values_come_in_the_order_given_and_once() {
    check(&["a.b", "#", "a.b", "a.*", "#.#", "a.b"], "a.b", &["a.b", "#", "a.b", "a.*", "#.#", "a.b"]);
    check(&["#.#.#.a.#.#"], "a.a.a.a", &["#.#.#.a.#.#"]);
}

#[test]
fn topic_matcher_without_patterns_finds_nothing() {
    let none = Matcher::<u8>::default();
    assert!(none.is_empty() && none.matches(&Topic::literal("a.b")).next().is_none());
    assert_eq!(none.walk("a.b", &mut Vec::new()), 0);
    let exact = matcher(&["a.b"]);
    assert_eq!((exact.len(), exact.walk("a.b", &mut Vec::new())), (1, 0), "exact ones are found by hash");
}

/// One pattern for which backtracking takes longer than the world will stand.
#[test]
fn topic_adversarial_patterns_are_bounded() {
    let pattern = format!("{}b", "#.a.".repeat(15));
    let topic = ["a"; MAX_WORDS].join(".");
    let matcher = matcher(&[&pattern]);
    let mut found = Vec::new();
    let visits = matcher.walk(&topic, &mut found);
    assert!(found.is_empty());
    assert!(visits <= 32 * MAX_WORDS, "{visits} visits");
    let all_hashes = ["#"; MAX_WORDS].join(".");
    check(&[&all_hashes], &topic, &[&all_hashes]);
}

#[test]
fn topic_mistakes_say_what_where_and_the_fix() {
    let long = "x".repeat(256);
    let many = ["x"; 33].join(".");
    let rows = [
        ("", "`` is not a pattern of topics: it is empty; write words between dots, such as `orders.placed`"),
        (
            "a..b",
            "`a..b` is not a pattern of topics: word 2, at byte 2: a word is empty; write the word, or take the dot away",
        ),
        (".a", "word 1, at byte 0: a word is empty"),
        ("a.", "word 2, at byte 2: a word is empty"),
        ("a.b c", "word 2, at byte 3: white space or a control character; take it away, or write `-`"),
        ("a.\n", "`a.\\n` is not a pattern"),
        ("a.é\u{3000}", "word 2, at byte 4: white space"),
        ("a.or*er", "word 2, at byte 4: a wildcard is a word of its own; write `*` for exactly one word or `#`"),
        ("a.**", "word 2, at byte 2: a wildcard is a word of its own"),
        ("#a", "word 1, at byte 0: a wildcard is a word of its own"),
        (&long, "xx..` is not a pattern of topics: it is too long; at most 255 bytes are allowed"),
        (&many, "word 33, at byte 64: it has too many words; at most 32 are allowed"),
    ];
    for (text, part) in rows {
        let error = text.parse::<Pattern>().unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
        assert!(text.parse::<Topic>().is_err(), "{text}");
    }
    assert!("x".repeat(255).parse::<Topic>().is_ok());
    assert!(["x"; 32].join(".").parse::<Pattern>().is_ok());
    let error = "orders.*".parse::<Topic>().unwrap_err();
    assert_eq!((error.fault(), error.word(), error.at()), (Fault::Wildcard, 2, 7));
    assert!(error.to_string().contains("`orders.*` is not a topic: word 2, at byte 7: a wildcard; `*` and `#`"));
}

#[test]
fn topic_a_value_that_is_no_word_is_refused_and_never_changed() {
    assert_eq!(Topic::word("eu-west_1é"), Ok("eu-west_1é"));
    let rows = [
        ("a.b", Fault::Dot),
        ("*", Fault::Wildcard),
        ("a#", Fault::Wildcard),
        ("a b", Fault::Blank),
        ("", Fault::Empty),
        (&"x".repeat(256), Fault::TooLong),
    ];
    for (value, fault) in rows {
        assert_eq!(Topic::word(value).unwrap_err().fault(), fault, "{value}");
    }
    let error = Topic::word("a.b").unwrap_err().to_string();
    assert_eq!(
        error,
        "`a.b` is not a word of a topic: at byte 1: a dot, which parts words; take it away, or write `-`"
    );
}

#[test]
fn topic_literals_are_checked_in_a_const() {
    const PATTERN: Pattern = Pattern::literal("orders.#");
    const TOPIC: Topic = Topic::literal("orders.placed");
    const CHECKED: Result<(), Fault> = Pattern::check("or*er");
    assert_eq!((PATTERN.as_str(), TOPIC.as_str(), CHECKED), ("orders.#", "orders.placed", Err(Fault::WildcardInWord)));
    assert_eq!(Topic::check("orders.#"), Err(Fault::Wildcard));
    assert!(!PATTERN.is_exact() && Pattern::from(TOPIC).is_exact());
}

#[test]
fn topic_texts_round_trip() {
    let pattern: Pattern = "orders.*.#".parse().unwrap();
    assert_eq!(pattern.to_string().parse(), Ok(pattern.clone()));
    let json = serde_json::to_string(&pattern).unwrap();
    assert_eq!((json.as_str(), serde_json::from_str(&json).unwrap()), (r#""orders.*.#""#, pattern));
    let error = serde_json::from_str::<Pattern>(r#""or*er""#).unwrap_err().to_string();
    assert!(error.contains("a wildcard is a word of its own"), "{error}");
    assert!(serde_json::from_str::<Topic>(r#""orders.#""#).is_err());
}

#[test]
fn a_pattern_may_fit_a_declared_topic_if_some_value_of_its_fields_does() {
    let declared = "orders.{region}.placed";
    for pattern in ["#", "orders.#", "orders.eu.placed", "*.*.*", "#.placed", "orders.#.placed.#", "orders.*.#"] {
        assert!(super::may_fit(pattern, declared), "{pattern}");
    }
    for pattern in ["order.#", "orders.*", "orders.eu.paid", "*", "orders.#.paid", "*.*.*.*", "orders.eu.placed.*"] {
        assert!(!super::may_fit(pattern, declared), "{pattern}");
    }
}
