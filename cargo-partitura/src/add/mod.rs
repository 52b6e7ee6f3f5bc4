//! `add`: a new file with its test, declared where it belongs.

mod change;
mod krate;
mod manifest;
mod message;
mod module;
mod source;
mod step;
mod thing;

use clap::ArgMatches;

use self::krate::Krate;
use crate::failure::Result;
use crate::names::Name;
use crate::project::{Choice, Project};

/// What can be added.
pub(crate) const KINDS: [&str; 8] =
    ["module", "command", "query", "event", "controller", "step", "provider", "behavior"];

/// Writes it, or shows what it would write.
pub(crate) fn add(matches: &ArgMatches) -> Result<u8> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let kind = text("kind").unwrap_or_default();
    let name = Name::read(text("name").unwrap_or_default())?;
    let choice = Choice {
        manifest: matches.get_one("manifest-path").cloned(),
        package: text("module").map(str::to_owned),
        ..Choice::default()
    };
    only_for(kind, "route", text("route"), &["command", "query"])?;
    only_for(kind, "folder", text("folder"), &["step"])?;
    let project = Project::read(&choice)?;
    let changes = match kind {
        "module" => module::add(&project, &choice, &name)?,
        "step" => step::add(&Krate::of(&project, &choice)?, &name, text("folder"))?,
        "command" | "query" | "event" => message::add(&Krate::of(&project, &choice)?, kind, &name, text("route"))?,
        _ => thing::add(&Krate::of(&project, &choice)?, kind, &name)?,
    };
    let root = &project.workspace_root;
    if matches.get_flag("dry-run") {
        changes.show(root)?
    } else {
        changes.write(root)?
    }
    Ok(0)
}

/// A flag that means nothing for this kind is a mistake, not a wish to pass over.
fn only_for(kind: &str, flag: &str, value: Option<&str>, kinds: &[&str]) -> Result {
    if value.is_none() || kinds.contains(&kind) {
        return Ok(());
    }
    Err(crate::failure::Failure::usage(format!("{} {kind} has no --{flag}", if kind == "event" { "an" } else { "a" }))
        .fix(format!("leave it out; --{flag} is for: {}", kinds.join(", "))))
}
