//! What stands behind the verb.

use std::path::PathBuf;

use partitura_runtime::error::{Error, Result};
use partitura_runtime::nearest::did_you_mean;

pub(crate) const USAGE: &str = "\
Takes messages from a prompt, one after the other; or from a script, when stdin is no terminal. `help` at the prompt says what can
be typed.

Usage: shell [OPTIONS]

Options:
  --attach [PATH]  Speaks to the application that runs, through its socket; default: `socket.path` of the configuration
  --script FILE    Runs the commands of a file, one a line, and stops at the first that fails
  --keep-going     Goes on with a script after a command that failed
  --no-history     Neither reads nor writes the file of the history";

const FLAGS: [&str; 5] = ["attach", "script", "keep-going", "no-history", "help"];

/// The options of the verb.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Options {
    pub(crate) attach: Option<Attach>,
    pub(crate) script: Option<PathBuf>,
    pub(crate) keep_going: bool,
    pub(crate) no_history: bool,
    pub(crate) help: bool,
}

/// Where the application is that runs.
#[derive(Debug, PartialEq)]
pub(crate) enum Attach {
    /// Where the configuration says, or where nobody says.
    Configured,
    At(PathBuf),
}

impl Options {
    /// Reads the arguments of the verb.
    ///
    /// # Errors
    /// What is no option, has no value, or has one that it does not take: malformed.
    pub(crate) fn read(arguments: Vec<String>) -> Result<Self> {
        let mut options = Options::default();
        let mut arguments = arguments.into_iter().peekable();
        while let Some(argument) = arguments.next() {
            if argument == "-h" {
                options.help = true;
                continue;
            }
            let Some(flag) = argument.strip_prefix("--") else {
                let text =
                    format!("shell: `{argument}` is no option; a message is typed at the prompt, or sent by `execute`");
                return Err(malformed(text));
            };
            let (name, value) = match flag.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (flag, None),
            };
            if !FLAGS.contains(&name) {
                return Err(malformed(format!("shell: `--{name}` is no option{}", did_you_mean(name, FLAGS))));
            }
            let is_switch = !["attach", "script"].contains(&name);
            if let Some(value) = value.as_ref().filter(|_| is_switch) {
                return Err(malformed(format!("shell: `--{name}` takes no value, and `{value}` is one")));
            }
            let mut value = || value.clone().or_else(|| arguments.next_if(|next| !next.starts_with("--")));
            match name {
                "attach" => options.attach = Some(value().map_or(Attach::Configured, |path| Attach::At(path.into()))),
                "script" => match value() {
                    Some(file) => options.script = Some(file.into()),
                    None => {
                        return Err(malformed(
                            "shell: `--script` needs a file; without it, stdin is the script".to_owned(),
                        ));
                    }
                },
                "keep-going" => options.keep_going = true,
                "no-history" => options.no_history = true,
                _ => options.help = true,
            }
        }
        Ok(options)
    }
}

#[cold]
fn malformed(text: String) -> Error {
    Error::malformed(text, Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options> {
        Options::read(line.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn options_are_read() {
        let all = read("--attach /run/b.sock --script=x --keep-going --no-history").unwrap();
        let attach = Some(Attach::At("/run/b.sock".into()));
        assert_eq!(all, Options { attach, script: Some("x".into()), keep_going: true, no_history: true, help: false });
        assert_eq!(read("--attach --keep-going").unwrap().attach, Some(Attach::Configured));
        assert!(read("-h").unwrap().help);
    }

    #[test]
    fn what_is_no_option_is_named() {
        for (line, what) in [
            ("accounts.Open", "`accounts.Open` is no option"),
            ("--scirpt x", "did you mean `script`?"),
            ("--script", "needs a file"),
            ("--keep-going=yes", "takes no value, and `yes` is one"),
        ] {
            let error = read(line).unwrap_err();
            assert!(error.message().contains(what), "{line}: {}", error.message());
            assert_eq!(error.exit_code(), 2);
        }
    }
}
