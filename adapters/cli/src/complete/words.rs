//! What the words before the cursor say.

use clap::{Arg, Command};

use super::SENDING;

/// The words before the cursor, read as far as they are needed.
pub(super) struct Read<'c> {
    /// The verb, if there is one already.
    pub(super) verb: Option<String>,
    /// The flag whose value stands at the cursor.
    pub(super) waiting: Option<&'c Arg>,
    /// The message, and what stands behind its name.
    pub(super) message: Option<(String, Vec<String>)>,
}

impl<'c> Read<'c> {
    pub(super) fn of(command: &'c Command, before: &[String]) -> Self {
        let mut read = Read { verb: None, waiting: None, message: None };
        let mut level = command;
        for (number, word) in before.iter().enumerate() {
            if read.waiting.take().is_some() {
                continue;
            }
            if let Some(flag) = word.strip_prefix('-') {
                read.waiting = waiting(level, flag);
                continue;
            }
            match &read.verb {
                None => {
                    level = command.find_subcommand(word).unwrap_or(level);
                    read.verb = Some(word.clone());
                }
                Some(verb) if SENDING.contains(&verb.as_str()) => {
                    read.message = Some((word.clone(), before[number + 1..].to_vec()));
                    return read;
                }
                Some(_) => {}
            }
        }
        read
    }
}

/// The flag that needs the next word: `-` is taken off already.
fn waiting<'c>(level: &'c Command, flag: &str) -> Option<&'c Arg> {
    if flag.contains('=') {
        return None;
    }
    let own = level.get_arguments().find(|own| match flag.strip_prefix('-') {
        Some(long) => own.get_long() == Some(long),
        None => own.get_short().is_some_and(|short| flag.chars().eq([short])),
    });
    own.filter(|own| own.get_action().takes_values())
}

/// Joins what bash took apart at `=`, `:` and `@`, and says how many letters of the last word are before what bash replaces.
pub(super) fn join(words: &mut Vec<String>) -> usize {
    let is_break = |word: &str| !word.is_empty() && word.chars().all(|c| "=:@".contains(c));
    let mut joined: Vec<String> = Vec::new();
    let (mut kept, mut open) = (0, false);
    for word in words.drain(..) {
        let joins = (is_break(&word) || open) && !joined.is_empty();
        open = is_break(&word);
        match joined.last_mut().filter(|_| joins) {
            Some(last) => {
                // What stands behind the last break is what is replaced.
                kept = last.chars().count() + if open { word.chars().count() } else { 0 };
                last.push_str(&word);
            }
            None => {
                kept = 0;
                joined.push(word);
            }
        }
    }
    *words = joined;
    kept
}

#[cfg(test)]
mod tests {
    use super::join;

    #[track_caller]
    fn check(words: &[&str], expect: &[&str], kept: usize) {
        let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(join(&mut words), kept, "{words:?}");
        assert_eq!(words, expect);
    }

    #[test]
    fn what_bash_took_apart_is_whole_again() {
        check(&["graph", "--format", "=", "s"], &["graph", "--format=s"], 9);
        check(&["graph", "--format", "="], &["graph", "--format="], 9);
        check(&["execute", "a.B", "@", "2"], &["execute", "a.B@2"], 4);
        check(&["graph", "--format", "s"], &["graph", "--format", "s"], 0);
        check(&["--set", "http.port", "=", "1", "ls", ""], &["--set", "http.port=1", "ls", ""], 0);
    }
}
