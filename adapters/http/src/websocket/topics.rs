//! Who may subscribe to what.

use std::collections::BTreeMap;
use std::sync::Arc;

use partitura_runtime::error::{Error, Kind, Result};
use partitura_runtime::identity::Identity;
use partitura_runtime::topic::Pattern;
use partitura_wire::Allow;

use super::config::Who;

/// What lets a subscription in; `None` where there are no rules, and so no subscriptions.
pub(super) fn allow(rules: &BTreeMap<Pattern, Who>) -> Option<Allow> {
    let rules = rules.clone();
    (!rules.is_empty()).then(|| Arc::new(move |identity: &Identity, text: &str| check(&rules, identity, text)) as Allow)
}

fn check(rules: &BTreeMap<Pattern, Who>, identity: &Identity, text: &str) -> Result<()> {
    // One that is no pattern is told by who would subscribe.
    let Ok(asked) = Pattern::new(text.to_owned()) else { return Ok(()) };
    let own = || rules.iter().filter(|(_, who)| who.admits(identity)).map(|(rule, _)| rule);
    if own().any(|rule| covers(rule, &asked)) {
        return Ok(());
    }
    let error = match &identity.subject {
        None => Error::new(Kind::Unauthenticated, format!("a subscription to `{text}` needs credentials")),
        Some(subject) => {
            let own: Vec<String> = own().map(|rule| format!("`{}`", rule.as_str())).collect();
            let may = if own.is_empty() { "nothing".to_owned() } else { own.join(", ") };
            Error::forbidden(format!("`{subject}` may not subscribe to `{text}`, but to {may}"))
        }
    };
    Err(error.with_code("PT0462"))
}

/// Whether every topic that `asked` chooses is one that `rule` chooses. Where `#` in the middle of both makes that hard to say, no.
fn covers(rule: &Pattern, asked: &Pattern) -> bool {
    let asked: Vec<&str> = asked.words().collect();
    // For each number of words of the end of `asked`: whether the words of `rule` from here on cover it.
    let mut covered: Vec<bool> = (0..=asked.len()).map(|left| left == 0).collect();
    let rule: Vec<&str> = rule.words().collect();
    for word in rule.into_iter().rev() {
        let mut longer = vec![word == "#" && covered[0]];
        for left in 1..=asked.len() {
            let first = asked[asked.len() - left];
            longer.push(match word {
                "#" => covered[left] || longer[left - 1],
                "*" => first != "#" && covered[left - 1],
                _ => first == word && covered[left - 1],
            });
        }
        covered = longer;
    }
    covered[asked.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text.to_owned()).unwrap()
    }

    #[test]
    fn a_rule_covers_what_chooses_no_more_than_it_does() {
        for (rule, asked, is_covered) in [
            ("orders.#", "orders.#", true),
            ("orders.#", "orders", true),
            ("orders.#", "orders.*.placed", true),
            ("orders.#", "orders.#.placed", true),
            ("orders.#", "#", false),
            ("orders.#", "*.placed", false),
            ("orders.*", "orders.placed", true),
            ("orders.*", "orders.*", true),
            ("orders.*", "orders.#", false),
            ("orders.*", "orders", false),
            ("orders.*", "orders.a.b", false),
            ("#", "#", true),
            ("#", "*.*", true),
            ("#.placed", "orders.#.placed", true),
            ("#.placed", "#", false),
            ("orders.placed", "orders.*", false),
            ("orders.placed", "orders.placed", true),
            ("orders.*.#", "orders.*", true),
            ("orders.*.#", "orders.#", false),
            ("orders.#.#", "orders.a.b.c", true),
        ] {
            assert_eq!(covers(&pattern(rule), &pattern(asked)), is_covered, "{rule} and {asked}");
        }
    }

    #[test]
    fn what_is_covered_is_chosen_for_every_topic_of_few_words() {
        use partitura_runtime::topic::{Matcher, Topic};
        let words = ["a", "b", "*", "#"];
        let mut patterns = Vec::new();
        for one in words {
            patterns.push(one.to_owned());
            for two in words {
                patterns.push(format!("{one}.{two}"));
                for three in words {
                    patterns.push(format!("{one}.{two}.{three}"));
                }
            }
        }
        let mut topics = Vec::new();
        for one in ["a", "b", "c"] {
            topics.push(one.to_owned());
            for two in ["a", "b", "c"] {
                topics.push(format!("{one}.{two}"));
                for three in ["a", "b", "c"] {
                    topics.push(format!("{one}.{two}.{three}"));
                    topics.push(format!("{one}.{two}.{three}.a"));
                    topics.push(format!("{one}.{two}.{three}.c"));
                }
            }
        }
        let topics: Vec<Topic> = topics.into_iter().map(|text| Topic::new(text).unwrap()).collect();
        let chosen = |text: &String| -> Vec<bool> {
            let matcher = Matcher::new([(pattern(text), ())]);
            topics.iter().map(|topic| matcher.matches(topic).next().is_some()).collect()
        };
        let all: Vec<(Pattern, Vec<bool>)> = patterns.iter().map(|text| (pattern(text), chosen(text))).collect();
        let mut seen = 0;
        for (rule, of_rule) in &all {
            for (asked, of_asked) in &all {
                if covers(rule, asked) {
                    seen += 1;
                    let holds = of_asked.iter().zip(of_rule).all(|(asked, rule)| !asked || *rule);
                    assert!(holds, "{} and {}", rule.as_str(), asked.as_str());
                }
            }
        }
        assert!(seen > 500, "{seen}");
    }
}
