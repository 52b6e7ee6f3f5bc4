//! The commands of the shell itself. No message has such a name, since each message's has a dot; and a backslash before a command says
//! that no message is meant which can be shortened to the same.

use std::time::Duration;

use partitura_runtime::config::parse_duration;
use partitura_runtime::error::{Error, Result};
use partitura_runtime::line::table::table;
use partitura_runtime::nearest::did_you_mean;

use crate::screen::Form;

/// What a command is called and does, for people.
pub(crate) struct About {
    pub(crate) name: &'static str,
    arguments: &'static str,
    pub(crate) does: &'static str,
}

const fn about(name: &'static str, arguments: &'static str, does: &'static str) -> About {
    About { name, arguments, does }
}

impl About {
    /// How it is written, and what it does.
    pub(crate) fn explain(&self) -> String {
        format!("{}\n  {}", format!("{} {}", self.name, self.arguments).trim_end(), self.does)
    }
}

/// All of them.
pub(crate) const ALL: [About; 11] = [
    about("help", "[NAME]", "This, or a message: its docs, fields, reply, and who may send it"),
    about("ls", "[PATTERN]", "The messages; those with a part of the name, or by `*`"),
    about("describe", "[NAME]", "What was made of the code, as JSON"),
    about("output", "json|compact|table", "How replies are printed"),
    about("timeout", "TIME|off", "Until when what is sent is cancelled, `5s`; `off` for the application's own"),
    about("as", "[SUBJECT ROLE..]", "Who sends, in process; nobody in particular without a name"),
    about("trace", "", "The trace id of what was sent last, under which the log tells more"),
    about("subscribe", "PATTERN", "The events whose topics fit, until Ctrl-C: `orders.*.#`"),
    about("history", "", "What was typed"),
    about("quit", "", "Leaves, as Ctrl-D does"),
    about("exit", "", "The same"),
];

/// A command, understood.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Help(Option<String>),
    Ls(Option<String>),
    Describe(Option<String>),
    Output(Form),
    Timeout(Option<Duration>),
    As(Option<(String, Vec<String>)>),
    Trace,
    Subscribe(String),
    History,
    Quit,
}

/// Whether a command has this name.
pub(crate) fn is_one(name: &str) -> bool {
    ALL.iter().any(|command| command.name == name)
}

impl Command {
    /// Reads a command and the words behind it.
    ///
    /// # Errors
    /// Kind not found, code PT0307, of what is no command; malformed if it does not take these words.
    pub(crate) fn read(name: &str, mut words: Vec<String>) -> Result<Self> {
        let Some(about) = ALL.iter().find(|command| command.name == name) else {
            let near = did_you_mean(name, ALL.iter().map(|command| command.name));
            let near = if near.is_empty() { "; `help` lists them".to_owned() } else { near };
            return Err(Error::not_found(format!("no command is named `{name}`{near}")).with_code("PT0307"));
        };
        let usage = || {
            let line = format!("{name} {}", about.arguments);
            Error::malformed(format!("`{name}` is written: {}", line.trim_end()), Vec::new())
        };
        let most = match name {
            "as" => usize::MAX,
            _ if about.arguments.is_empty() => 0,
            _ => 1,
        };
        if words.len() > most {
            return Err(usage());
        }
        let first = (!words.is_empty()).then(|| words.remove(0));
        Ok(match (name, first) {
            ("help", name) => Command::Help(name),
            ("ls", pattern) => Command::Ls(pattern),
            ("describe", name) => Command::Describe(name),
            ("output", Some(form)) => Command::Output(Form::named(&form).ok_or_else(usage)?),
            ("timeout", Some(time)) if time == "off" => Command::Timeout(None),
            ("timeout", Some(time)) => match parse_duration(&time) {
                Ok(time) if !time.is_zero() => Command::Timeout(Some(time)),
                Ok(_) => {
                    return Err(Error::malformed("timeout: no time at all; `off` for none of one's own", Vec::new()));
                }
                Err(error) => return Err(Error::malformed(format!("timeout: {error}"), Vec::new())),
            },
            ("as", subject) => Command::As(subject.map(|subject| (subject, words))),
            ("trace", None) => Command::Trace,
            ("subscribe", Some(pattern)) => Command::Subscribe(pattern),
            ("history", None) => Command::History,
            ("quit" | "exit", None) => Command::Quit,
            _ => return Err(usage()),
        })
    }
}

/// `help`.
pub(crate) fn help() -> String {
    let rows: Vec<[String; 2]> =
        ALL.iter().map(|about| [format!("{} {}", about.name, about.arguments), about.does.to_owned()]).collect();
    format!(
        "\
A message is typed as on the command line, or with its input as JSON, which may go over several lines:
  accounts.OpenAccount --owner Ada
  accounts.OpenAccount {{\"owner\": \"Ada\"}}
The last part of a name is enough, `OpenAccount`, where no other message has the same. Tab completes names, fields and values.
Ctrl-C cancels what runs, Ctrl-D leaves.

Commands
{}",
        table("  ", &rows)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Command> {
        let mut words = line.split_whitespace().map(str::to_owned);
        let name = words.next().unwrap();
        Command::read(&name, words.collect())
    }

    #[test]
    fn commands_are_read() {
        assert_eq!(read("help a.B").unwrap(), Command::Help(Some("a.B".to_owned())));
        assert_eq!(read("timeout 5s").unwrap(), Command::Timeout(Some(Duration::from_secs(5))));
        assert_eq!(read("timeout off").unwrap(), Command::Timeout(None));
        assert_eq!(read("as").unwrap(), Command::As(None));
        let roles = vec!["teller".to_owned(), "admin".to_owned()];
        assert_eq!(read("as ada teller admin").unwrap(), Command::As(Some(("ada".to_owned(), roles))));
        assert_eq!(read("exit").unwrap(), Command::Quit);
        for about in &ALL {
            assert!(is_one(about.name) && !about.name.contains('.'));
        }
    }

    #[test]
    fn what_is_wrong_with_a_command_is_told() {
        for (line, what, code) in [
            ("hlep", "did you mean `help`?", 66),
            ("output xml", "`output` is written: output json|compact|table", 2),
            ("subscribe", "`subscribe` is written: subscribe PATTERN", 2),
            ("trace now", "`trace` is written: trace", 2),
            ("timeout 5", "timeout: ", 2),
            ("timeout 0s", "no time at all", 2),
            ("help a b", "`help` is written", 2),
        ] {
            let error = read(line).unwrap_err();
            assert!(error.message().contains(what), "{line}: {}", error.message());
            assert_eq!(error.exit_code(), code, "{line}");
        }
    }
}
