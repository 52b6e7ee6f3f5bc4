//! Completion: `completions SHELL` prints a script, which asks the program itself at each key, by the hidden verb `__complete`. That
//! answers from the tables that were linked: nothing is configured, built or started.

mod words;

use clap::{Arg, Command, ValueHint};
use partitura_runtime::app::Blueprint;
use partitura_runtime::app::describe::{Description, MessageDescription};
use partitura_runtime::input::shape::Shape;
use partitura_runtime::line::flags::flags;
use partitura_runtime::line::output::Output;
use partitura_runtime::message::MessageKind;
use serde_json::Value;

use crate::world::World;
use crate::{exit, ls};

/// What a script calls.
pub(crate) const VERB: &str = "__complete";

/// The shells that are known.
pub(crate) const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// Verbs behind which a message and its fields stand.
const SENDING: [&str; 2] = ["execute", "send"];
/// What stands behind a message's name beside its fields, and whether it needs a value.
const BEHIND: [(&str, bool, &str); 7] = [
    ("--json", true, "The whole input as JSON, `-` for stdin"),
    ("--output", true, "How the reply is printed"),
    ("--help", false, "The fields of the message"),
    ("--set", true, "Sets a value of the configuration"),
    ("--profile", true, "Reads partitura.NAME.toml as well"),
    ("--config-dir", true, "Where partitura.toml is"),
    ("--env-file", true, "Reads NAME=value lines"),
];

/// Something that may stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    value: String,
    help: String,
}

/// Prints the script.
pub(crate) fn script(shell: &str, world: &mut World<'_>) -> u8 {
    let template = match shell {
        "zsh" => include_str!("zsh.zsh"),
        "fish" => include_str!("fish.fish"),
        _ => include_str!("bash.bash"),
    };
    let name: String = world.program.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let text = template.replace("@NAME@", &name).replace("@PROGRAM@", &world.program);
    if world.answer(text.trim_end()) { exit::DONE } else { exit::OUTPUT }
}

/// `__complete SHELL WORD..`: the words behind the program's name, the last one as far as it is typed. Prints what may stand there, one
/// a line; nothing where a file may, so that the shell looks for files.
pub(crate) fn complete(blueprint: &'static Blueprint, command: &Command, world: &mut World<'_>) -> u8 {
    let mut typed = world.arguments.iter().skip(1).map(|word| word.to_string_lossy().into_owned());
    let shell = typed.next().unwrap_or_default();
    let mut typed: Vec<String> = typed.collect();
    // Bash takes `=`, `:` and `@` for words of their own, and replaces the last of them only.
    let kept = if shell == "bash" { words::join(&mut typed) } else { 0 };
    let Some(current) = typed.pop() else { return exit::USAGE };
    let described = blueprint.describe();
    let mut found = Asked { described: &described, command }.candidates(&typed, &current);
    found.retain(|candidate| candidate.value.starts_with(&current));
    let lines = found.iter().map(|Candidate { value, help }| match &*shell {
        "zsh" if help.is_empty() => value.replace('\\', "\\\\").replace(':', "\\:"),
        "zsh" => format!("{}:{help}", value.replace('\\', "\\\\").replace(':', "\\:")),
        "fish" => format!("{value}\t{help}"),
        _ => value.chars().skip(kept).collect(),
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    if text.is_empty() || world.answer(text) { exit::DONE } else { exit::OUTPUT }
}

/// Who is asked.
struct Asked<'c> {
    described: &'c Description,
    command: &'c Command,
}

impl Asked<'_> {
    /// What may stand behind the words before it.
    fn candidates(&self, before: &[String], current: &str) -> Vec<Candidate> {
        let line = words::Read::of(self.command, before);
        let Some(verb) = line.verb else {
            return match line.waiting {
                Some(flag) => self.values(flag, current),
                None if current.starts_with('-') => self.flags_of(self.command, current),
                None => self.verbs(self.command),
            };
        };
        let own = self.command.find_subcommand(&verb);
        if SENDING.contains(&&*verb) && own.is_some() {
            if let Some((name, behind)) = line.message {
                return self.fields(&name, &behind, current);
            }
            if line.waiting.is_none() && !current.starts_with('-') {
                return self.messages(|message| message.kind != MessageKind::Event && !message.local);
            }
        }
        match (own, line.waiting) {
            (_, Some(flag)) => self.values(flag, current),
            // clap adds this one when it parses.
            (_, None) if verb == "help" => self.verbs(self.command),
            (Some(own), None) if current.starts_with('-') => self.flags_of(own, current),
            (Some(_), None) if verb == "describe" => self.messages(|_| true),
            (Some(_), None) if verb == "graph" => {
                let plan = |plan: &partitura_runtime::app::describe::PlanDescription| candidate(&plan.name, &plan.docs);
                self.described.plans.iter().map(plan).collect()
            }
            (Some(own), None) => own.get_positionals().flat_map(choices).collect(),
            (None, None) => Vec::new(),
        }
    }

    fn verbs(&self, command: &Command) -> Vec<Candidate> {
        let shown = command.get_subcommands().filter(|own| !own.is_hide_set());
        let all =
            shown.map(|own| candidate(own.get_name(), &own.get_about().map(ToString::to_string).unwrap_or_default()));
        all.chain([candidate("help", "Prints this, or the help of a verb")]).collect()
    }

    fn messages(&self, wanted: impl Fn(&MessageDescription) -> bool) -> Vec<Candidate> {
        let all = self.described.messages.iter().filter(|message| wanted(message));
        all.map(|message| candidate(&message.name, &message.docs)).collect()
    }

    /// The flags of a verb, or the values of the one that is typed: `--format=s`.
    fn flags_of(&self, command: &Command, current: &str) -> Vec<Candidate> {
        if let Some((typed, _)) = current.split_once('=') {
            let flag = command.get_arguments().find(|own| is_called(own, typed));
            let values = flag.map(|flag| self.values(flag, &current[typed.len() + 1..])).unwrap_or_default();
            return behind(typed, values);
        }
        let all = command.get_arguments().filter(|own| !own.is_hide_set());
        let flags = all.filter_map(|own| {
            let help = own.get_help().map(ToString::to_string).unwrap_or_default();
            own.get_long().map(|long| candidate(&format!("--{long}"), &help))
        });
        flags.chain([candidate("--help", "Prints help")]).collect()
    }

    /// The values of a flag.
    fn values(&self, flag: &Arg, current: &str) -> Vec<Candidate> {
        if flag.get_id() == "set" {
            return self.keys(current);
        }
        let all: Vec<Candidate> = choices(flag).collect();
        // `serve --only http,so`
        match (flag.get_value_delimiter(), current.rsplit_once(',')) {
            (Some(','), Some((first, _))) => all
                .into_iter()
                .filter(|own| first.split(',').all(|typed| typed != own.value))
                .map(|own| Candidate { value: format!("{first},{}", own.value), ..own })
                .collect(),
            _ => all,
        }
    }

    /// The keys of the configuration, for `--set`.
    fn keys(&self, current: &str) -> Vec<Candidate> {
        if current.contains('=') {
            return Vec::new();
        }
        let sections = self.described.configuration.iter();
        let keys = sections.flat_map(|section| section.keys.iter().map(move |key| (&section.name, key)));
        keys.map(|(section, key)| candidate(&format!("{section}.{}=", key.name), &key.variable)).collect()
    }

    /// What stands behind the name of a message: its fields, and what every message takes.
    fn fields(&self, name: &str, before: &[String], current: &str) -> Vec<Candidate> {
        let Ok(message) = self.described.message(name) else { return Vec::new() };
        let schema = message.schema.clone().unwrap_or(Value::Bool(true));
        let all = flags(&Shape::new(&schema));
        let own = |typed: &str| all.iter().find(|flag| flag.name == spelled(typed));
        let values = |typed: &str, current: &str| -> Vec<Candidate> {
            match (own(typed), typed) {
                (Some(flag), _) => flag.choices.iter().map(|choice| candidate(choice, "")).collect(),
                (None, "--output") => Output::NAMES.iter().map(|name| candidate(name, "")).collect(),
                (None, "--set") => self.keys(current),
                (None, _) => Vec::new(),
            }
        };
        if let Some(typed) = before.last().filter(|last| last.starts_with("--") && !last.contains('=')) {
            let needs_value = match own(typed) {
                Some(flag) => !flag.is_switch,
                None => BEHIND.iter().any(|(name, value, _)| name == typed && *value),
            };
            // A switch may have a value, and need not.
            if needs_value || (own(typed).is_some() && !current.starts_with('-') && !current.is_empty()) {
                return values(typed, current);
            }
        }
        if let Some((typed, text)) = current.split_once('=') {
            return behind(typed, values(typed, text));
        }
        let is_given = |name: &str| before.iter().any(|word| spelled(word.split('=').next().unwrap_or(word)) == name);
        // What is within an object or a list is offered once somebody wants it.
        let wanted = |flag: &&partitura_runtime::line::flags::Flag| {
            (flag.is_list || !is_given(&flag.name)) && (flag.depth == 0 || spelled(current).contains('.'))
        };
        let fields = all.iter().filter(wanted).map(|flag| {
            let need = if flag.required { "required, " } else { "" };
            let docs = if flag.docs.is_empty() { flag.words.clone() } else { flag.docs.clone() };
            let number = numbered(&flag.name, current);
            candidate(&number, &format!("{need}{docs}"))
        });
        let options = BEHIND.iter().filter(|(name, ..)| own(name).is_none() && (!is_given(name) || *name == "--set"));
        fields.chain(options.map(|(name, _, help)| candidate(name, help))).collect()
    }
}

/// `--lines.3.sku` as the table of flags has it: `--lines.0.sku`; and `--first_name` as `--first-name`.
fn spelled(typed: &str) -> String {
    let parts = typed.split('.').map(|part| match part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty() {
        true => "0".to_owned(),
        false => part.replace('_', "-"),
    });
    parts.collect::<Vec<_>>().join(".")
}

/// The flag with the numbers that are typed already.
fn numbered(flag: &str, current: &str) -> String {
    let mut typed = current.split('.');
    let parts = flag.split('.').map(|part| match (typed.next(), part) {
        (Some(number), "0") if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => number,
        _ => part,
    });
    parts.collect::<Vec<_>>().join(".")
}

fn candidate(value: &str, docs: &str) -> Candidate {
    Candidate { value: value.to_owned(), help: ls::first_line(docs) }
}

/// `--format=` before each.
fn behind(flag: &str, values: Vec<Candidate>) -> Vec<Candidate> {
    values.into_iter().map(|own| Candidate { value: format!("{flag}={}", own.value), ..own }).collect()
}

fn is_called(own: &Arg, typed: &str) -> bool {
    own.get_long().is_some_and(|long| typed.strip_prefix("--") == Some(long))
}

/// The values that clap knows; none where a file may stand.
fn choices(own: &Arg) -> impl Iterator<Item = Candidate> {
    let files = matches!(own.get_value_hint(), ValueHint::FilePath | ValueHint::AnyPath | ValueHint::DirPath);
    let all = if files { Vec::new() } else { own.get_possible_values() };
    let takes = own.get_action().takes_values();
    all.into_iter()
        .filter(move |_| takes)
        .map(|value| candidate(value.get_name(), &value.get_help().map(ToString::to_string).unwrap_or_default()))
}
