//! `diff`: what changed between two builds, in the words of the application.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ArgMatches;
use serde_json::Value;

use crate::application::{Application, described, print_line};
use crate::described::{Access, Description, Message};
use crate::failure::{Failure, Result};
use crate::listed::count;
use crate::project::{Choice, Project};

/// Compares, and says what breaks.
pub(crate) fn diff(matches: &ArgMatches) -> Result<u8> {
    let choice = Choice::of(matches);
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let old = side(&choice, text("old").unwrap_or_default())?;
    let new = match text("new") {
        Some(new) => side(&choice, new)?,
        None => Application::build(&choice)?.described()?,
    };
    let changes = changes(&old, &new);
    if changes.is_empty() {
        eprintln!("no difference");
    }
    for change in &changes {
        print_line(&change.to_string())?;
    }
    let breaking = changes.iter().filter(|change| change.mark == Mark::Breaks).count();
    if breaking > 0 {
        eprintln!("{} that may break somebody", count(breaking, "change"));
    }
    Ok(u8::from(breaking > 0 && matches.get_flag("deny-breaking")))
}

/// A file of JSON, a program, or a git revision.
fn side(choice: &Choice, name: &str) -> Result<Description> {
    let path = Path::new(name);
    if path.is_file() {
        let bytes = std::fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
        return match serde_json::from_slice(&bytes) {
            Ok(value) => Description::read(value),
            Err(_) if bytes.trim_ascii_start().starts_with(b"{") => {
                Err(Failure::new(format!("{name} is no JSON")).fix("cargo partitura describe --json > FILE"))
            }
            Err(_) => Description::read(described(&path.canonicalize().unwrap_or_else(|_| path.to_owned()))?),
        };
    }
    revision(choice, name)
}

/// Builds a git revision in a folder of its own, into the same target folder.
fn revision(choice: &Choice, name: &str) -> Result<Description> {
    let project = Project::read(choice)?;
    let root = &project.workspace_root;
    let unknown = || {
        Failure::usage(format!("`{name}` is no file, and no git revision of this project"))
            .fix("a file of `cargo partitura describe --json`, a program, or a revision such as `main` or `HEAD~1`")
    };
    let commit = git(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")]);
    let commit = commit.ok_or_else(unknown)?;
    let top = PathBuf::from(git(root, &["rev-parse", "--show-toplevel"]).ok_or_else(unknown)?);
    // Beside and not below the project: cargo would look for a workspace in the folders above.
    let copy = std::env::temp_dir().join(format!(
        "cargo-partitura-{}-{}",
        &commit[..12.min(commit.len())],
        std::process::id()
    ));
    let tree = Worktree { top: top.clone(), copy };
    let path = tree.copy.to_str().unwrap_or_default();
    git(&top, &["worktree", "add", "--detach", "--quiet", path, &commit])
        .ok_or_else(|| Failure::new(format!("git cannot check out {name} in {path}")).fix("git worktree prune"))?;
    eprintln!("  Comparing with {name} ({})", &commit[..12.min(commit.len())]);
    let manifest = choice.manifest.clone().unwrap_or_else(|| root.join("Cargo.toml"));
    let manifest = manifest.canonicalize().unwrap_or(manifest);
    let inside = manifest.strip_prefix(top.canonicalize().unwrap_or(top)).unwrap_or(Path::new("Cargo.toml"));
    let mut there = choice.clone();
    there.manifest = Some(tree.copy.join(inside));
    if choice.package.is_none() && choice.manifest.is_none() {
        // The package of this folder is that of the other tree, too.
        there.package = project.binary(choice).ok().map(|binary| binary.package.name);
    }
    there.is_copy = true;
    there.flags.extend(["--target-dir".to_owned(), project.target_directory.display().to_string()]);
    Application::build(&there)?.described()
}

/// A checkout that is removed again, whatever happens.
struct Worktree {
    top: PathBuf,
    copy: PathBuf,
}

impl Drop for Worktree {
    fn drop(&mut self) {
        if let Some(copy) = self.copy.to_str() {
            git(&self.top, &["worktree", "remove", "--force", copy]);
        }
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// What became of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Breaks,
    Gone,
    Changed,
    New,
}

/// One line.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    mark: Mark,
    text: String,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = match self.mark {
            Mark::Breaks => '!',
            Mark::Gone => '-',
            Mark::Changed => '~',
            Mark::New => '+',
        };
        write!(f, "{mark} {}", self.text)
    }
}

/// All changes: what breaks first.
fn changes(old: &Description, new: &Description) -> Vec<Change> {
    let mut changes = Changes::default();
    messages(old, new, &mut changes);
    let route = |route: &crate::described::Route| {
        let leads = route.message.clone().or(route.controller.clone()).unwrap_or_default();
        (format!("route {} {}", route.method, route.path), leads)
    };
    changes.keyed(old.routes.iter().map(route), new.routes.iter().map(route), Mark::Breaks, "leads to");
    let key = |section: &crate::described::Section| {
        let keys = section.keys.iter().map(|key| {
            let need = if key.required { "required" } else { "optional" };
            (format!("configuration {}.{}", section.name, key.name), need.to_owned())
        });
        keys.collect::<Vec<_>>()
    };
    changes.keyed(old.configuration.iter().flat_map(key), new.configuration.iter().flat_map(key), Mark::Breaks, "is");
    changes.required(old, new);
    let module = |module: &crate::described::Module| (format!("module {}", module.name), module.exports.join(", "));
    changes.keyed(old.modules.iter().map(module), new.modules.iter().map(module), Mark::Gone, "exports");
    let provider = |provider: &crate::described::Provider| {
        let named = provider.named.as_ref().map(|name| format!(" \"{name}\"")).unwrap_or_default();
        (format!("provider {}::{}{named} by {}", provider.module, provider.ty, provider.by), provider.lifetime.clone())
    };
    changes.keyed(old.providers.iter().map(provider), new.providers.iter().map(provider), Mark::Gone, "lives as a");
    let topic = |topic: &crate::described::Topic| {
        (
            format!("subscriber {}::{} of {}", topic.subscriber.module, topic.subscriber.name, topic.pattern),
            String::new(),
        )
    };
    changes.keyed(old.topics.iter().map(topic), new.topics.iter().map(topic), Mark::Gone, "");
    let plan = |plan: &crate::described::Plan| {
        let steps: Vec<&str> = plan.steps.iter().map(|step| step.name.as_str()).collect();
        let edges: Vec<String> = plan.edges.iter().map(|edge| format!("{} before {}", edge.from, edge.to)).collect();
        let order = if edges.is_empty() { String::new() } else { format!(" ({})", edges.join(", ")) };
        (format!("plan {}", plan.name), format!("{}{order}", steps.join(", ")))
    };
    changes.keyed(old.plans.iter().map(plan), new.plans.iter().map(plan), Mark::Gone, "has the steps");
    if old.behaviors != new.behaviors {
        let text = format!("behaviors were [{}] and are [{}]", old.behaviors.join(", "), new.behaviors.join(", "));
        changes.all.push(Change { mark: Mark::Changed, text });
    }
    changes.all.sort_by_key(|change| change.mark);
    changes.all
}

fn messages(old: &Description, new: &Description, changes: &mut Changes) {
    let before: BTreeMap<&str, &Message> = old.messages.iter().map(|it| (it.name.as_str(), it)).collect();
    let after: BTreeMap<&str, &Message> = new.messages.iter().map(|it| (it.name.as_str(), it)).collect();
    for name in before.keys().chain(after.keys()).copied().collect::<BTreeSet<_>>() {
        match (before.get(name), after.get(name)) {
            (Some(old), None) => changes.push(Mark::Breaks, format!("{} {name} is gone", old.kind)),
            (None, Some(new)) => changes.push(Mark::New, format!("{} {name}", new.kind)),
            (Some(old), Some(new)) => message(name, old, new, changes),
            (None, None) => {}
        }
    }
}

fn message(name: &str, old: &Message, new: &Message, changes: &mut Changes) {
    if old.kind != new.kind {
        changes.push(Mark::Breaks, format!("{name} was a {} and is a {}", old.kind, new.kind));
    }
    fields(name, old.schema.as_ref(), new.schema.as_ref(), changes);
    let [before, after] = [old, new].map(|message| message.reply.clone().unwrap_or_default());
    if old.reply_schema != new.reply_schema
        || (before != after && (old.reply_schema.is_none() || new.reply_schema.is_none()))
    {
        let text = if before == after {
            format!("{name} replies another form of {after}")
        } else {
            format!("{name} replied {before} and replies {after}")
        };
        changes.push(Mark::Breaks, text);
    }
    let handlers = |message: &Message| -> BTreeMap<String, String> {
        let access = |handler: &crate::described::Handler| Access::words(handler.access.as_ref());
        message.handlers.iter().map(|it| (format!("{}::{}", it.module, it.name), access(it))).collect()
    };
    let (before, after) = (handlers(old), handlers(new));
    for handler in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        match (before.get(handler), after.get(handler)) {
            (Some(_), None) => changes.push(Mark::Gone, format!("handler {handler} of {name}")),
            (None, Some(_)) => changes.push(Mark::New, format!("handler {handler} of {name}")),
            (Some(old), Some(new)) if old != new => {
                let word =
                    |text: &str| if text.is_empty() { "nobody in particular".to_owned() } else { text.to_owned() };
                let text = format!("{name} was for {} and is for {}", word(old), word(new));
                changes.push(Mark::Breaks, text);
            }
            _ => {}
        }
    }
}

/// What became of the fields of a message: one that is required now, or of another type, breaks whoever sends it.
fn fields(name: &str, old: Option<&Value>, new: Option<&Value>, changes: &mut Changes) {
    let properties = |schema: Option<&Value>| -> BTreeMap<String, Value> {
        let object = schema.and_then(|schema| schema["properties"].as_object());
        object.into_iter().flatten().map(|(name, value)| (name.clone(), undocumented(value))).collect()
    };
    let required = |schema: Option<&Value>, field: &str| {
        let list = schema.and_then(|schema| schema["required"].as_array());
        list.is_some_and(|list| list.iter().any(|value| value == field))
    };
    let (before, after) = (properties(old), properties(new));
    for field in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        let [was, is] = [required(old, field), required(new, field)];
        match (before.get(field), after.get(field)) {
            (Some(_), None) => changes.push(Mark::Breaks, format!("{name} has no field {field} any more")),
            (None, Some(_)) if is => changes.push(Mark::Breaks, format!("{name} needs the new field {field}")),
            (None, Some(_)) => changes.push(Mark::New, format!("{name} has the optional field {field}")),
            (Some(old), Some(new)) if old != new => {
                changes.push(Mark::Breaks, format!("{name}.{field} was {} and is {}", short(old), short(new)));
            }
            _ if !was && is => changes.push(Mark::Breaks, format!("{name}.{field} is required now")),
            _ if was && !is => changes.push(Mark::Changed, format!("{name}.{field} is optional now")),
            _ => {}
        }
    }
}

/// A schema without what changes nothing.
fn undocumented(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(object) = schema.as_object_mut() {
        for word in ["description", "examples", "title", "default"] {
            object.remove(word);
        }
    }
    schema
}

fn short(schema: &Value) -> String {
    schema["type"]
        .as_str()
        .filter(|_| schema.as_object().is_some_and(|it| it.len() == 1))
        .map_or_else(|| schema.to_string(), str::to_owned)
}

#[derive(Default)]
struct Changes {
    all: Vec<Change>,
}

impl Changes {
    fn push(&mut self, mark: Mark, text: String) {
        self.all.push(Change { mark, text });
    }

    /// Things by a key, each with one word on it. `gone` is what it means when one is not there any more.
    fn keyed(
        &mut self,
        old: impl Iterator<Item = (String, String)>,
        new: impl Iterator<Item = (String, String)>,
        gone: Mark,
        verb: &str,
    ) {
        let (old, new): (BTreeMap<_, _>, BTreeMap<_, _>) = (old.collect(), new.collect());
        for key in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            match (old.get(key), new.get(key)) {
                (Some(_), None) if gone == Mark::Breaks => self.push(gone, format!("{key} is gone")),
                (Some(_), None) => self.push(gone, key.clone()),
                (None, Some(_)) => self.push(Mark::New, key.clone()),
                (Some(before), Some(after)) if before != after => {
                    self.push(Mark::Changed, format!("{key} {verb} {after}, before {before}"));
                }
                _ => {}
            }
        }
    }

    /// A key without which the application does not start any more.
    fn required(&mut self, old: &Description, new: &Description) {
        let keys = |described: &Description| -> BTreeSet<String> {
            let of = |section: &crate::described::Section| {
                let required = section.keys.iter().filter(|key| key.required);
                required.map(|key| format!("{}.{}", section.name, key.name)).collect::<Vec<_>>()
            };
            described.configuration.iter().flat_map(of).collect()
        };
        for key in keys(new).difference(&keys(old)) {
            self.push(Mark::Breaks, format!("the application does not start without {key} any more"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn described(schema: Value, reply: &str, more: Value) -> Description {
        let mut value = json!({
            "schema": "1.2",
            "application": { "name": "Shop", "version": "0.1.0" },
            "modules": [], "providers": [], "configuration": [],
            "messages": [{
                "name": "shop.Buy", "kind": "command", "schema": schema, "reply": reply,
                "reply_schema": { "type": reply }, "handlers": [],
            }],
        });
        for (key, more) in more.as_object().unwrap() {
            value[key] = more.clone();
        }
        Description::read(value).unwrap()
    }

    #[test]
    fn what_breaks_somebody_comes_first_and_says_whom() {
        let old = described(
            json!({ "properties": { "sku": { "type": "string" }, "note": { "type": "string" } }, "required": ["sku"] }),
            "integer",
            json!({ "routes": [{ "method": "POST", "path": "/buy", "module": "shop", "place": "a:1" }] }),
        );
        let new = described(
            json!({
                "properties": { "sku": { "type": "integer", "description": "new" }, "count": { "type": "integer" } },
                "required": ["sku", "count"]
            }),
            "string",
            json!({ "configuration": [{ "name": "db", "keys": [{ "name": "url", "required": true }] }] }),
        );
        let lines: Vec<String> = changes(&old, &new).iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "! shop.Buy needs the new field count",
                "! shop.Buy has no field note any more",
                "! shop.Buy.sku was string and is integer",
                "! shop.Buy replied integer and replies string",
                "! route POST /buy is gone",
                "! the application does not start without db.url any more",
                "+ configuration db.url",
            ]
        );
        assert!(changes(&old, &old).is_empty());
    }

    #[test]
    fn words_and_optional_fields_break_nobody() {
        let old = described(json!({ "properties": { "sku": { "type": "string" } } }), "string", json!({}));
        let new = described(
            json!({ "properties": { "sku": { "type": "string", "description": "which" }, "gift": { "type": "boolean" } } }),
            "string",
            json!({}),
        );
        let lines: Vec<String> = changes(&old, &new).iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["+ shop.Buy has the optional field gift"]);
    }
}
