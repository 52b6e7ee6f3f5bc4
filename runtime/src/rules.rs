//! Business rules that are values: named, combined, and told all at once in the report of [`crate::validate`]. For what
//! needs more than a message's own fields, inside a handler.
//!
//! ```
//! use partitura_runtime::rules::{Rule, all};
//!
//! struct Order { total: u32, limit: u32, express: bool, country: &'static str }
//!
//! let rules = all([
//!     Rule::new("limit", "is above the customer's limit", |order: &Order| order.total <= order.limit).at("/total"),
//!     Rule::new("country", "cannot be reached by express", |order: &Order| order.country == "CH")
//!         .at("/country")
//!         .when(|order| order.express),
//! ]);
//! let order = Order { total: 200, limit: 100, express: true, country: "NO" };
//! let error = rules.check(&order).unwrap_err();
//! assert_eq!(error.to_string(), "the value breaks 2 rules
//!   /total: is above the customer's limit
//!   /country: cannot be reached by express");
//! ```

use std::borrow::Cow;

use crate::error::{Failure, Result};
use crate::validate::{self, Report};

/// A condition of a `T`, as a fn.
type Test<T> = Box<dyn Fn(&T) -> bool + Send + Sync>;

/// A rule over a `T`: a test with a code and a text, or several combined.
pub struct Rule<T: ?Sized> {
    form: Form<T>,
    pointer: String,
}

enum Form<T: ?Sized> {
    Test { code: Cow<'static, str>, message: String, holds: Test<T> },
    All(Vec<Rule<T>>),
    Any(Vec<Rule<T>>),
    Not(Box<Rule<T>>),
    When(Test<T>, Box<Rule<T>>),
}

impl<T: ?Sized> Rule<T> {
    /// A rule that holds when `holds` answers true; else its failure has this code and this text.
    pub fn new(
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
        holds: impl Fn(&T) -> bool + Send + Sync + 'static,
    ) -> Self {
        Form::Test { code: code.into(), message: message.into(), holds: Box::new(holds) }.into()
    }

    /// Says where a failure is told: a JSON pointer, put before those of the rules inside.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer.insert_str(0, &pointer.into());
        self
    }

    /// Both must hold; the failures of both are told.
    #[must_use]
    pub fn and(self, other: Rule<T>) -> Self {
        all([self, other])
    }

    /// One must hold; when none does, the failures of both are told.
    #[must_use]
    pub fn or(self, other: Rule<T>) -> Self {
        any([self, other])
    }

    /// Must not hold; its failure has the code and the text of this rule, or of the first inside.
    #[must_use]
    #[allow(clippy::should_implement_trait)]
    pub fn not(self) -> Self {
        Form::Not(Box::new(self)).into()
    }

    /// Applies where `condition` is true; elsewhere it holds.
    #[must_use]
    pub fn when(self, condition: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        Form::When(Box::new(condition), Box::new(self)).into()
    }

    /// Whether it holds.
    pub fn holds(&self, value: &T) -> bool {
        match &self.form {
            Form::Test { holds, .. } => holds(value),
            Form::All(rules) => rules.iter().all(|rule| rule.holds(value)),
            Form::Any(rules) => rules.is_empty() || rules.iter().any(|rule| rule.holds(value)),
            Form::Not(rule) => !rule.holds(value),
            Form::When(condition, rule) => !condition(value) || rule.holds(value),
        }
    }

    /// Tells `report` every failure: to be called from a rule of a whole message, `#[validate(with = ..)]`.
    pub fn tell(&self, value: &T, report: &mut Report<'_>) {
        self.tell_at("", value, report);
    }

    fn tell_at(&self, around: &str, value: &T, report: &mut Report<'_>) {
        let pointer = format!("{around}{}", self.pointer);
        match &self.form {
            Form::Test { holds, .. } if holds(value) => {}
            Form::Test { .. } => report.push(self.failure(around)),
            Form::Any(_) if self.holds(value) => {}
            Form::All(rules) | Form::Any(rules) => {
                rules.iter().for_each(|rule| rule.tell_at(&pointer, value, report));
            }
            Form::Not(rule) if rule.holds(value) => report.push(rule.failure(&pointer)),
            Form::When(condition, rule) if condition(value) => rule.tell_at(&pointer, value, report),
            Form::Not(_) | Form::When(..) => {}
        }
    }

    /// The failure of the first test inside.
    fn failure(&self, around: &str) -> Failure {
        let pointer = format!("{around}{}", self.pointer);
        match &self.form {
            Form::Test { code, message, .. } => Failure::new(pointer, code.clone(), message.clone()),
            Form::Not(rule) | Form::When(_, rule) => rule.failure(&pointer),
            Form::All(rules) | Form::Any(rules) => match rules.first() {
                Some(rule) => rule.failure(&pointer),
                None => Failure::new(pointer, "rule", "is not valid"),
            },
        }
    }

    /// Checks a value.
    ///
    /// # Errors
    /// Kind invalid, with one failure for each rule that is broken.
    pub fn check(&self, value: &T) -> Result<()> {
        validate::collect(|report| self.tell(value, report))
    }
}

impl<T: ?Sized> From<Form<T>> for Rule<T> {
    fn from(form: Form<T>) -> Self {
        Rule { form, pointer: String::new() }
    }
}

/// All must hold; every failure is told.
pub fn all<T: ?Sized>(rules: impl IntoIterator<Item = Rule<T>>) -> Rule<T> {
    Form::All(rules.into_iter().collect()).into()
}

/// One must hold (or there is none); when none does, the failures of all are told.
pub fn any<T: ?Sized>(rules: impl IntoIterator<Item = Rule<T>>) -> Rule<T> {
    Form::Any(rules.into_iter().collect()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn even() -> Rule<i32> {
        Rule::new("even", "must be even", |n| n % 2 == 0)
    }

    fn small() -> Rule<i32> {
        Rule::new("small", "must be small", |n: &i32| *n < 10)
    }

    /// The codes and places of the failures, after a look that `holds` agrees.
    fn told(rule: &Rule<i32>, value: i32) -> Vec<String> {
        let failures = rule.check(&value).err().map(|error| error.failures().to_vec()).unwrap_or_default();
        assert_eq!(rule.holds(&value), failures.is_empty());
        failures.iter().map(|failure| format!("{}{}", failure.code, failure.pointer)).collect()
    }

    #[test]
    fn rules_combine_by_the_laws_of_logic() {
        for value in [2, 3, 12, 13] {
            let (a, b) = (value % 2 == 0, value < 10);
            assert_eq!(even().and(small()).holds(&value), a && b);
            assert_eq!(even().or(small()).holds(&value), a || b);
            assert_eq!(even().not().holds(&value), !a);
            assert_eq!(even().and(small()).not().holds(&value), even().not().or(small().not()).holds(&value));
            assert_eq!(even().when(|n| *n < 10).holds(&value), !b || a);
            assert_eq!(even().not().not().holds(&value), a);
            assert!(all::<i32>([]).holds(&value) && any::<i32>([]).holds(&value));
        }
    }

    #[test]
    fn every_failure_is_told_at_its_place() {
        assert_eq!(told(&all([even().at("/a"), small()]).at("/n"), 13), ["even/n/a", "small/n"]);
        assert_eq!(told(&even().at("/a").or(small().at("/b")), 13), ["even/a", "small/b"]);
        assert_eq!(told(&even().at("/a").or(small()), 12), [""; 0]);
        assert_eq!(told(&even().at("/a").not().at("/n"), 2), ["even/n/a"]);
        assert_eq!(told(&even().at("/a").not(), 3), [""; 0]);
        assert_eq!(told(&small().at("/a").when(|n| *n > 10).at("/n"), 13), ["small/n/a"]);
        assert_eq!(told(&even().and(small()).not(), 2), ["even"]);
        assert_eq!(told(&even().at("/b").at("/a"), 3), ["even/a/b"]);
    }

    #[test]
    fn a_broken_rule_is_invalid_and_not_malformed() {
        let error = small().check(&13).unwrap_err();
        assert_eq!((error.http_status(), error.exit_code(), error.code()), (422, 65, "invalid"));
    }
}
