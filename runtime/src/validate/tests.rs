//! Each rule at its edges.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::num::NonZero;
use std::rc::Rc;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;

use super::generated::{OptionIsThere as _, Present, Sizes, email, length, pattern, range, required, url};
use super::*;
use crate::config::Secret;
use crate::error::{Error, Failure, Kind};
use crate::input::MOST_FAILURES;

/// `code pointer: message` of all that a rule tells.
fn told(rule: impl FnOnce(&mut Report<'_>)) -> Vec<String> {
    match collect(rule) {
        Ok(()) => Vec::new(),
        Err(error) => error.failures().iter().map(|failure| format!("{} {failure}", failure.code)).collect(),
    }
}

fn fails(rule: impl FnOnce(&mut Report<'_>)) -> bool {
    collect(rule).is_err()
}

fn is_between<T: HasLength + ?Sized>(value: &T, min: usize, max: usize) -> bool {
    !fails(|report| length(HasLength::length(value), report, Sizes::between(min, max)))
}

#[test]
fn a_text_is_as_long_as_it_has_characters() {
    let texts =
        [("", 0), ("a", 1), ("äöü", 3), ("€", 1), ("😀", 1), ("e\u{301}", 2), ("👩‍👩‍👧", 5), ("\0\n", 2), ("  ", 2)];
    for (text, count) in texts {
        assert!(is_between(text, count, count), "{text:?}");
        assert!(!is_between(text, count + 1, usize::MAX), "{text:?}");
        assert!(count == 0 || !is_between(text, 0, count - 1), "{text:?}");
    }
    let huge = "ä".repeat(1_000_000);
    assert!(is_between(&huge, 1_000_000, 1_000_000));
}

#[test]
fn a_collection_is_as_long_as_it_has_items() {
    assert!(is_between(&vec!["long text"; 2], 2, 2));
    assert!(is_between(&[0; 3], 3, 3) && is_between(&[0; 3][..2], 2, 2));
    assert!(is_between(&VecDeque::from([1]), 1, 1));
    assert!(is_between(&BTreeSet::from([1, 1]), 1, 1) && is_between(&HashSet::from([1, 2]), 2, 2));
    assert!(is_between(&BTreeMap::from([(1, 2)]), 1, 1) && is_between(&HashMap::from([(1, 2)]), 1, 1));
    assert!(!is_between(&Vec::<u8>::new(), 1, 9));
}

#[test]
fn rules_reach_through_what_holds_a_value() {
    assert!(is_between(&Some(Box::new("ab".to_owned())), 2, 2));
    assert!(!is_between(&Rc::new(Some(Arc::new(Cow::Borrowed("ab")))), 3, 3));
    assert!(is_between(&Some("ab"), 2, 2) && is_between(&Arc::<str>::from("ab"), 2, 2));
    assert!(!is_between(&Secret::new("ab".to_owned()), 3, 3));
    assert!(is_between(&None::<String>, 3, 3), "nothing is as long as one likes");
    assert!(is_between(&Some(None::<String>), 3, 3));
}

#[test]
fn the_words_of_a_length_are_those_of_its_bounds() {
    let words = |value: Length, sizes| told(|report| length(Some(value), report, sizes)).remove(0);
    assert_eq!(words(Length::characters(0), Sizes::min(1)), "length must have at least 1 character");
    assert_eq!(words(Length::items(0), Sizes::min(2)), "length must have at least 2 items");
    assert_eq!(words(Length::items(2), Sizes::max(1)), "length must have at most 1 item");
    assert_eq!(words(Length::characters(2), Sizes::equal(1)), "length must have exactly 1 character");
    assert_eq!(words(Length::characters(2), Sizes::between(3, 4)), "length must have 3 to 4 characters");
    assert_eq!(words(Length::items(1), Sizes::max(0)), "length must have exactly 0 items");
}

#[test]
fn white_space_is_no_value_and_zero_is() {
    assert!(!Present("").there() && !Present(" \t\r\n\u{a0}\u{2003}").there());
    assert!(Present(" a ").there() && Present("\u{200b}").there(), "a zero-width space is no white space");
    assert!(Present(&0).there() && Present(&0.0).there() && Present(&false).there());
    assert!(!Present(&Vec::<u8>::new()).there() && Present(&vec![0]).there());
    assert!(!Present(&BTreeMap::<u8, u8>::new()).there());
    assert!(!Present(&None::<u8>).there() && Present(&Some(0)).there());
    assert!(!Present(&Some("  ".to_owned())).there() && !Present(&Some(Some(String::new()))).there());
    assert!(!Present(&Some(Vec::<u8>::new())).there());
    assert!(!Present(&Secret::new(String::new())).there());
    struct Own;
    assert!(Present(&Some(Own)).there() && !Present(&None::<Own>).there());
    assert_eq!(told(|report| assert!(!required(false, &mut report.at("a")))), ["required /a: is required"]);
    assert!(!fails(|report| assert!(required(true, report))));
}

fn is_within<N: HasNumber>(number: N, bounds: Bounds<N::Number>) -> bool {
    !fails(|report| range(HasNumber::number(&number), report, bounds))
}

#[test]
fn a_number_is_within_its_bounds() {
    let bounds = Bounds::any().min(1).max(3);
    assert_eq!([0, 1, 2, 3, 4].map(|number| is_within(number, bounds)), [false, true, true, true, false]);
    let bounds = Bounds::any().above(1).below(3);
    assert_eq!([0, 1, 2, 3, 4].map(|number| is_within(number, bounds)), [false, false, true, false, false]);
    assert!(is_within(i128::MIN, Bounds::any().min(i128::MIN)) && is_within(u128::MAX, Bounds::any().max(u128::MAX)));
    assert!(is_within(u64::MAX, Bounds::any().min(u64::MAX)) && !is_within(i64::MIN, Bounds::any().above(i64::MIN)));
    assert!(
        !is_within(NonZero::new(7_u8), Bounds::any().max(6)) && is_within(NonZero::new(0_u8), Bounds::any().max(6))
    );
    assert!(is_within(None::<u8>, Bounds::any().min(1)) && !is_within(Some(Box::new(0)), Bounds::any().min(1)));
}

#[test]
fn what_is_no_number_is_within_no_bounds() {
    let (nan, infinite) = (f64::NAN, f64::INFINITY);
    for bounds in [Bounds::any().min(0.0), Bounds::any().max(0.0), Bounds::any().above(0.0), Bounds::any().below(0.0)] {
        assert!(!is_within(nan, bounds) && !is_within(-nan, bounds) && !is_within(Some(nan), bounds));
    }
    assert!(!is_within(f32::NAN, Bounds::any().min(f32::MIN)));
    assert!(is_within(infinite, Bounds::any().min(0.0)) && !is_within(infinite, Bounds::any().max(f64::MAX)));
    assert!(!is_within(-infinite, Bounds::any().min(0.0)) && is_within(-0.0, Bounds::any().min(0.0)));
    assert!(!is_within(1.0, Bounds::any().min(nan)), "a bound that is none lets nothing pass");
}

#[test]
fn the_words_of_a_range_are_those_of_its_bounds() {
    let words = |bounds| told(|report| range(Some(5), report, bounds)).remove(0);
    assert_eq!(words(Bounds::any().min(6)), "range must be at least 6");
    assert_eq!(words(Bounds::any().max(-1)), "range must be at most -1");
    assert_eq!(words(Bounds::any().above(7).below(9)), "range must be more than 7 and less than 9");
}

#[test]
fn the_whole_of_a_text_matches_a_pattern() {
    let is_match = |source: &'static str, text: &str| {
        let one = Pattern::new(source);
        !fails(|report| pattern(Some(text), report, &one))
    };
    assert!(is_match("a|ab", "ab") && !is_match("a", "ab") && !is_match("b", "ab") && is_match("a.*", "ab"));
    assert!(!is_match("[a-z]+", "ab\n") && !is_match("(?m)^a$", "a\na") && !is_match("a$", "a\n"));
    assert!(
        is_match("", "")
            && !is_match("", " ")
            && is_match("(?i)straße", "STRASSE") == is_match("(?i)straße", "strasse")
    );
    assert!(
        is_match(r"\d", "٣") && !is_match("[0-9]", "٣") && is_match(r"\p{Greek}+", "αβγ"),
        "digits are of any script"
    );
    assert!(!fails(|report| pattern(None, report, &Pattern::new("a"))));
    let words = told(|report| pattern(Some("b"), report, &Pattern::new("[a]")));
    assert_eq!(words, ["pattern must match `[a]`"]);
    // Nothing that backtracks: this would take for ever.
    assert!(!is_match("(a*)*b", &"a".repeat(50_000)));
}

#[test]
fn a_pattern_that_cannot_be_used_fails_with_an_error_of_its_own() {
    for source in ["(", "(a{1000}){1000}"] {
        let error = collect(|report| pattern(Some("a"), report, &Pattern::new(source))).unwrap_err();
        assert_eq!((error.kind(), error.public_message()), (Kind::Internal, "internal error"), "{source}");
    }
}

#[test]
fn e_mail_addresses_are_those_of_html() {
    let long = format!("a@{}.org", "a".repeat(63));
    let good = ["a@b", "ada@example.org", "a.b+c_d-e!#$%&'*/=?^`{|}~@x-y.co.uk", ".a.@b", "1@2.3", "a..b@c", &long];
    let bad = [
        "", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b c", "a@-b", "a@b-", "a@b..c", "a@.b", "a@b.", "ä@b",
        "a@ä.org", "a@b_c", "\"a\"@b", "a@[::1]", " a@b", "a@b\n", "a,b@c", "a@b,c",
    ];
    for text in good {
        assert!(!fails(|report| email(Some(text), report)), "{text:?}");
    }
    for text in bad {
        assert!(fails(|report| email(Some(text), report)), "{text:?}");
    }
    let long = format!("a@{}.org", "a".repeat(64));
    assert!(fails(|report| email(Some(&long), report)) && !fails(|report| email(None, report)));
}

#[test]
fn urls_are_absolute_and_have_a_host() {
    let good = [
        "http://a",
        "https://example.org",
        "HTTPS://EXAMPLE.org:443/a/b?c=d&e[]=f",
        "http://a.b./",
        "http://127.0.0.1:8080",
        "http://[::1]:80/x",
        "http://user:word@a/",
        "https://münchen.de/ü",
        "http://a?b",
        "http://a#b",
        "http://a/%C3%BC",
        "http://a:/",
        "http://a_b/",
        "http://a/b:c@d",
        "http://例え.jp",
    ];
    let bad = [
        "",
        "a",
        "/a",
        "//a",
        "http:",
        "http:/a",
        "http://",
        "http:///a",
        "ftp://a",
        "javascript:alert(1)",
        "http://a b",
        " http://a",
        "http://a\n",
        "http://a/<b>",
        "http://a/\"",
        "http://a/%zz",
        "http://a/%2",
        "http://a:99999",
        "http://a:b",
        "http://[::1",
        "http://[x]/",
        "http://[::1]a",
        "http://-a",
        "http://a-",
        "http://a..b",
        "http://.",
        "http://a\\b",
        "http://a@b@c",
        "http://@",
        "http://?a",
        "http://a#b#c",
        "http://a,b",
        "https//a",
        "://a",
        "http://a/[b]",
        "http://a/\u{7f}",
    ];
    for text in good {
        assert!(!fails(|report| url(Some(text), report)), "{text:?}");
    }
    for text in bad {
        assert!(fails(|report| url(Some(text), report)), "{text:?}");
    }
    assert!(!fails(|report| url(None, report)));
}

#[test]
fn each_item_has_its_place() {
    let at = |value: &dyn Fn(&mut Report<'_>)| told(|report| value(report));
    let even = |item: &u8, report: &mut Report<'_>| {
        if item % 2 == 1 {
            report.fail("even", "odd");
        }
    };
    assert_eq!(at(&|report| vec![1, 2, 3].each(report, even)), ["even /0: odd", "even /2: odd"]);
    assert_eq!(at(&|report| [2, 1].each(&mut report.at("a"), even)), ["even /a/1: odd"]);
    assert_eq!(at(&|report| Some(Box::new(VecDeque::from([1]))).each(report, even)), ["even /0: odd"]);
    assert_eq!(at(&|report| BTreeMap::from([("~/", 1)]).each(report, even)), ["even /~0~1: odd"]);
    assert_eq!(at(&|report| HashMap::from([(-3_i64, 1)]).each(report, even)), ["even /-3: odd"]);
    assert_eq!(at(&|report| BTreeSet::from([1, 2]).each(&mut report.at("set"), even)), ["even /set: odd"]);
    assert_eq!(at(&|report| None::<Vec<u8>>.each(report, even)), [""; 0]);
}

#[test]
fn a_report_says_what_it_is_told_to() {
    let failures = told(|report| {
        let mut inner = report.at("a");
        let mut inner = inner.saying(Some("mine"), None);
        inner.at("b").fail("theirs", "text");
        inner.saying(None, Some("my text")).push(Failure::new("/c", "theirs", "text"));
        assert_eq!((inner.len(), inner.pointer().as_str(), inner.is_empty()), (2, "/a", false));
        report.fail("last", "is untouched");
    });
    assert_eq!(failures, ["mine /a/b: text", "mine /a/c: my text", "last is untouched"]);
}

#[test]
fn the_list_of_failures_is_bounded() {
    let error = collect(|report| {
        for index in 0..MOST_FAILURES + 5 {
            report.index(index).fail("a", "b");
        }
        assert_eq!(report.len(), MOST_FAILURES + 5);
    });
    let error = error.unwrap_err();
    assert_eq!(error.message(), "the value breaks 105 rules");
    assert_eq!(error.failures().len(), MOST_FAILURES + 1);
    assert_eq!(error.failures()[MOST_FAILURES].message, "… and 5 more");
}

#[test]
fn what_cannot_be_judged_is_no_failure_of_the_input() {
    let error = collect(|report| {
        report.fail("a", "b");
        report.give_up(Error::internal("first"));
        report.give_up(Error::internal("second"));
    });
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.message(), error.failures().len()), (Kind::Internal, "first", 0));
    assert!(collect(|report| assert!(report.is_empty())).is_ok());
}

/// Every place in a JSON value, as the report walks it.
fn walk(value: &Value, report: &mut Report<'_>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| walk(value, &mut report.at(key))),
        Value::Array(list) => list.iter().enumerate().for_each(|(index, value)| walk(value, &mut report.index(index))),
        leaf => report.fail("leaf", leaf.to_string()),
    }
}

fn json() -> impl Strategy<Value = Value> {
    any::<u32>().prop_map(Value::from).prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..5).prop_map(Value::from),
            prop::collection::btree_map("[a~/0-1]{0,4}", inner, 1..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_pointer_leads_to_the_value(value in json()) {
        let error = collect(|report| walk(&value, report)).unwrap_err();
        for failure in error.failures().iter().filter(|failure| failure.code == "leaf") {
            prop_assert_eq!(value.pointer(&failure.pointer).map(Value::to_string), Some(failure.message.clone()));
        }
    }

    #[test]
    fn forms_of_text_are_found_out_without_a_panic(text in "\\PC*", mixed in "(https?://)?[a-z@:/?#.%\\[\\]ä€-]*") {
        for text in [&text, &mixed] {
            let _ = (fails(|report| email(Some(text), report)), fails(|report| url(Some(text), report)));
        }
    }
}
