//! The flags of every verb: where the configuration comes from.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use partitura_runtime::app::Blueprint;
use partitura_runtime::config::{Config, Mistake, Mistakes};

use crate::exit;
use crate::world::World;

/// Where the configuration comes from.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Options {
    pub(crate) set: Vec<String>,
    pub(crate) profile: Option<String>,
    pub(crate) config_dir: Option<PathBuf>,
    pub(crate) env_file: Option<PathBuf>,
}

/// Adds the flags to a verb. They are no global ones of clap's, which forgets one of two `--set` when one stands
/// before the verb and the other behind it.
pub(crate) fn add(command: Command) -> Command {
    let flag = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help).help_heading("Configuration").display_order(900)
    };
    command
        .arg(
            flag("set", "KEY=VALUE", "Sets a value of the configuration, may be repeated: --set http.port=8080")
                .action(ArgAction::Append),
        )
        .arg(flag("profile", "NAME", "Reads partitura.NAME.toml as well"))
        .arg(
            flag("config-dir", "DIR", "Where partitura.toml is, instead of the current folder")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(
            flag("env-file", "FILE", "Reads NAME=value lines; the real environment wins over them")
                .value_parser(value_parser!(PathBuf)),
        )
}

impl Options {
    /// Their names, which each have a value.
    pub(crate) const FLAGS: [&'static str; 4] = ["set", "profile", "config-dir", "env-file"];

    /// Takes those that stand first among the arguments of a verb, and leaves the rest.
    pub(crate) fn leading(arguments: &mut Vec<String>) -> Self {
        let mut typed = Vec::new();
        while let Some(flag) = arguments.first().and_then(|first| first.strip_prefix("--")) {
            let (name, text) = match flag.split_once('=') {
                Some((name, text)) => (name.to_owned(), Some(text.to_owned())),
                None => (flag.to_owned(), arguments.get(1).cloned()),
            };
            let length = if flag.contains('=') { 1 } else { 2 };
            // One without its value is the verb's to refuse.
            let Some(text) = text.filter(|_| Options::FLAGS.contains(&&*name)) else { break };
            arguments.drain(..length);
            typed.push((name, text));
        }
        Options::given(typed)
    }

    /// Those that were typed behind the name of a message.
    pub(crate) fn given(typed: Vec<(String, String)>) -> Self {
        let mut options = Options::default();
        for (flag, text) in typed {
            match &*flag {
                "set" => options.set.push(text),
                "profile" => options.profile = Some(text),
                "config-dir" => options.config_dir = Some(text.into()),
                _ => options.env_file = Some(text.into()),
            }
        }
        options
    }

    /// Those of one level of the command line.
    pub(crate) fn of(matches: &ArgMatches) -> Self {
        let path = |name: &str| matches.get_one::<PathBuf>(name).cloned();
        Options {
            set: matches.get_many::<String>("set").into_iter().flatten().cloned().collect(),
            profile: matches.get_one::<String>("profile").cloned(),
            config_dir: path("config-dir"),
            env_file: path("env-file"),
        }
    }

    /// These, then `later`, which win.
    pub(crate) fn then(mut self, later: Options) -> Self {
        self.set.extend(later.set);
        Options {
            set: self.set,
            profile: later.profile.or(self.profile),
            config_dir: later.config_dir.or(self.config_dir),
            env_file: later.env_file.or(self.env_file),
        }
    }

    /// Reads all layers.
    pub(crate) fn load(&self, blueprint: &'static Blueprint, world: &World<'_>) -> Result<Config, Mistakes> {
        self.load_in(blueprint, world.environment.as_deref())
    }

    /// As [`Options::load`], in this environment; `None` for that of the process.
    pub(crate) fn load_in(
        &self,
        blueprint: &'static Blueprint,
        environment: Option<&[(String, String)]>,
    ) -> Result<Config, Mistakes> {
        let mut loader = blueprint.loader();
        if let Some(variables) = environment {
            loader = loader.environment(variables.iter().cloned());
        }
        if let Some(directory) = &self.config_dir {
            if !directory.is_dir() {
                let text = format!("--config-dir {}: there is no such folder", directory.display());
                return Err(Mistake::nowhere(text).into());
            }
            loader = loader.directory(directory);
        }
        if let Some(profile) = &self.profile {
            loader = loader.profile(profile);
        }
        if let Some(file) = &self.env_file {
            loader = loader.dotenv(self.seen_from_here(file));
        }
        self.set.iter().fold(loader, |loader, flag| loader.set(flag)).load()
    }

    /// Reads all layers and every section, or tells all that is wrong with them.
    pub(crate) fn configure(&self, blueprint: &'static Blueprint, world: &mut World<'_>) -> Result<Config, u8> {
        let config = self.load(blueprint, world).and_then(|config| blueprint.check_config(&config).map(|_| config));
        config.map_err(|mistakes| {
            world.tell(mistakes);
            exit::CONFIGURATION
        })
    }

    /// A path on the command line starts where the person stands, and the loader's starts at its folder.
    fn seen_from_here(&self, file: &Path) -> PathBuf {
        match &self.config_dir {
            Some(_) => std::path::absolute(file).unwrap_or_else(|_| file.to_owned()),
            None => file.to_owned(),
        }
    }
}
