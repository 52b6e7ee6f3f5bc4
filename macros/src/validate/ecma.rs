//! A pattern of the crate `regex` as one of ECMA-262, which is what JSON Schema takes, as far as both mean the same: the rest is
//! left out of the schema, so that no schema refuses what the rule accepts.

use regex_syntax::ast::{
    AssertionKind, Ast, ClassBracketed, ClassSet, ClassSetItem, GroupKind, Literal, LiteralKind, RepetitionKind,
    RepetitionRange, parse::Parser,
};

/// The pattern that the whole of a text matches.
pub(super) fn whole(pattern: &str) -> Option<String> {
    let ast = Parser::new().parse(pattern).ok()?;
    let mut text = String::from("^");
    match &ast {
        // The anchors must hold for all of them.
        Ast::Alternation(_) => grouped(&ast, &mut text)?,
        // Those that stand there are the same.
        Ast::Concat(concat) => {
            let mut asts = concat.asts.as_slice();
            if let [first, rest @ ..] = asts
                && is(first, &[AssertionKind::StartLine, AssertionKind::StartText])
            {
                asts = rest;
            }
            if let [rest @ .., last] = asts
                && is(last, &[AssertionKind::EndLine, AssertionKind::EndText])
            {
                asts = rest;
            }
            asts.iter().try_for_each(|ast| write(ast, &mut text))?;
        }
        _ => write(&ast, &mut text)?,
    }
    text.push('$');
    Some(text)
}

fn is(ast: &Ast, kinds: &[AssertionKind]) -> bool {
    matches!(ast, Ast::Assertion(assertion) if kinds.contains(&assertion.kind))
}

/// Groups capture nothing: nobody asks for what they matched.
fn grouped(ast: &Ast, text: &mut String) -> Option<()> {
    text.push_str("(?:");
    write(ast, text)?;
    text.push(')');
    Some(())
}

fn write(ast: &Ast, text: &mut String) -> Option<()> {
    match ast {
        Ast::Empty(_) => {}
        Ast::Literal(literal) => character(literal, text)?,
        // In ECMA-262 the dot stands for no `\r` either.
        Ast::Dot(_) => text.push_str(r"[^\n]"),
        Ast::Assertion(assertion) => text.push(match assertion.kind {
            AssertionKind::StartLine | AssertionKind::StartText => '^',
            AssertionKind::EndLine | AssertionKind::EndText => '$',
            _ => return None,
        }),
        Ast::ClassBracketed(class) => bracketed(class, text)?,
        Ast::Repetition(repetition) => {
            match &*repetition.ast {
                Ast::Literal(_) | Ast::Dot(_) | Ast::ClassBracketed(_) | Ast::Group(_) => write(&repetition.ast, text)?,
                Ast::Repetition(_) => grouped(&repetition.ast, text)?,
                _ => return None,
            }
            match &repetition.op.kind {
                RepetitionKind::ZeroOrOne => text.push('?'),
                RepetitionKind::ZeroOrMore => text.push('*'),
                RepetitionKind::OneOrMore => text.push('+'),
                RepetitionKind::Range(RepetitionRange::Exactly(times)) => text.push_str(&format!("{{{times}}}")),
                RepetitionKind::Range(RepetitionRange::AtLeast(least)) => text.push_str(&format!("{{{least},}}")),
                RepetitionKind::Range(RepetitionRange::Bounded(least, most)) => {
                    text.push_str(&format!("{{{least},{most}}}"));
                }
            }
            if !repetition.greedy {
                text.push('?');
            }
        }
        Ast::Group(group) => match &group.kind {
            GroupKind::NonCapturing(flags) if !flags.items.is_empty() => return None,
            _ => grouped(&group.ast, text)?,
        },
        Ast::Alternation(alternation) => {
            for (at, ast) in alternation.asts.iter().enumerate() {
                if at > 0 {
                    text.push('|');
                }
                write(ast, text)?;
            }
        }
        Ast::Concat(concat) => {
            for ast in &concat.asts {
                write(ast, text)?;
            }
        }
        // `\d`, `\s` and `\w` are of all scripts here and of ASCII there; flags are there none.
        Ast::ClassPerl(_) | Ast::ClassUnicode(_) | Ast::Flags(_) => return None,
    }
    Some(())
}

fn bracketed(class: &ClassBracketed, text: &mut String) -> Option<()> {
    text.push_str(if class.negated { "[^" } else { "[" });
    match &class.kind {
        ClassSet::Item(item) => self::item(item, text)?,
        ClassSet::BinaryOp(_) => return None,
    }
    text.push(']');
    Some(())
}

fn item(item: &ClassSetItem, text: &mut String) -> Option<()> {
    match item {
        ClassSetItem::Literal(literal) => in_class(literal, text)?,
        ClassSetItem::Range(range) => {
            in_class(&range.start, text)?;
            text.push('-');
            in_class(&range.end, text)?;
        }
        ClassSetItem::Union(union) => {
            for item in &union.items {
                self::item(item, text)?;
            }
        }
        _ => return None,
    }
    Some(())
}

fn in_class(literal: &Literal, text: &mut String) -> Option<()> {
    if literal.c == '-' {
        text.push_str(r"\-");
        return Some(());
    }
    character(literal, text)
}

/// Escaped only where it must be: ECMA-262 knows no further escapes.
fn character(literal: &Literal, text: &mut String) -> Option<()> {
    // A byte, in patterns that are no text.
    if matches!(literal.kind, LiteralKind::HexFixed(_)) && !literal.c.is_ascii() {
        return None;
    }
    match literal.c {
        '\n' => text.push_str(r"\n"),
        '\r' => text.push_str(r"\r"),
        '\t' => text.push_str(r"\t"),
        c if c.is_control() => return None,
        c => {
            if r"^$\.*+?()[]{}|".contains(c) {
                text.push('\\');
            }
            text.push(c);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn what_means_the_same_is_taken_over_and_anchored() {
        for (pattern, expected) in [
            ("", "^$"),
            ("[a-z]+", "^[a-z]+$"),
            ("a|b", "^(?:a|b)$"),
            ("^a|b$", "^(?:^a|b$)$"),
            ("^[0-9]{12,19}$", "^[0-9]{12,19}$"),
            (r"\Aa\z", "^a$"),
            ("(a|b)?c", "^(?:a|b)?c$"),
            (r"(?P<year>[0-9]{4})-[0-9]{2,}", "^(?:[0-9]{4})-[0-9]{2,}$"),
            (r"[A-Z]{2,3}?\.\#\-/", r"^[A-Z]{2,3}?\.#-/$"),
            (r"[^\]\[\-a.&]", r"^[^\]\[\-a\.&]$"),
            ("a.b", r"^a[^\n]b$"),
            (r"^a\z", "^a$"),
            ("(?:a*)*", "^(?:a*)*$"),
            ("a{2}{3}", "^(?:a{2}){3}$"),
            (r"\t\x41ö", r"^\tAö$"),
        ] {
            assert_eq!(whole(pattern).as_deref(), Some(expected), "{pattern}");
        }
    }

    #[test]
    fn what_differs_is_left_out() {
        for pattern in [
            r"\d+",
            r"\w",
            r"[\s]",
            r"\p{L}",
            "(?i)a",
            "(?x: a )",
            r"\bword\b",
            "[[:alpha:]]",
            "[a-z&&[^b]]",
            "[a[bc]]",
            r"\a",
            "(",
        ] {
            assert_eq!(whole(pattern), None, "{pattern}");
        }
    }
}
