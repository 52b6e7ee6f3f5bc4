//! `graph`: pictures of the application, and of one plan.

use std::path::{Path, PathBuf};

use partitura_description::graph::{Format, Of, Picture, draw, plan};
use partitura_runtime::app::Blueprint;
use partitura_runtime::nearest::did_you_mean;

use crate::description::read;
use crate::exit;
use crate::world::World;

/// What was asked for.
#[derive(Debug, Default)]
pub(crate) struct Request {
    /// One plan, by its name or that of its message.
    pub(crate) plan: Option<String>,
    /// What to draw; without it plans, if there are any, else modules.
    pub(crate) of: Option<String>,
    /// How; without it by the end of the file's name, else mermaid.
    pub(crate) format: Option<String>,
    /// Where to; without it stdout.
    pub(crate) output: Option<PathBuf>,
}

/// Draws what is asked for.
pub(crate) fn graph(blueprint: &'static Blueprint, request: &Request, world: &mut World<'_>) -> u8 {
    let Some(described) = read(blueprint, world) else { return exit::INTERNAL };
    let Some(format) = format(request) else {
        let file = request.output.as_deref().unwrap_or(Path::new(""));
        world.tell(format_args!(
            "--output {}: the file ends in .svg, .dot or .mmd, or --format says which",
            file.display()
        ));
        return exit::USAGE;
    };
    let picture = match &request.plan {
        Some(name) => match described.plans.iter().find(|own| own.name == *name || own.message == *name) {
            Some(own) => plan(own, None, format),
            None => {
                let near = did_you_mean(name, described.plans.iter().map(|own| own.name.as_str()));
                world.tell(format_args!("no plan is named `{name}`{near}"));
                return exit::NOT_FOUND;
            }
        },
        None => {
            let usual = if described.plans.is_empty() { Of::Modules } else { Of::Plans };
            let of = request.of.as_deref().and_then(Of::named).unwrap_or(usual);
            let picture = draw(&described, of, format);
            if picture.is_none() {
                world.tell(format_args!("{} has no {}", blueprint.name, of.name()));
                return exit::DONE;
            }
            picture
        }
    };
    match (picture, &request.output) {
        (None, _) => exit::DONE,
        (Some(Picture { text, .. }), None) => {
            if world.answer(text.trim_end()) {
                exit::DONE
            } else {
                exit::OUTPUT
            }
        }
        (Some(Picture { text, size }), Some(file)) => match std::fs::write(file, text) {
            Ok(()) => {
                world.tell(format_args!("wrote {}: {size}", file.display()));
                exit::DONE
            }
            Err(error) => {
                world.tell(format_args!("{}: {error}", file.display()));
                exit::OUTPUT
            }
        },
    }
}

/// The flag, else the end of the file's name.
fn format(request: &Request) -> Option<Format> {
    match (request.format.as_deref().and_then(Format::named), &request.output) {
        (Some(format), _) => Some(format),
        (None, None) => Some(Format::Mermaid),
        (None, Some(file)) => Format::of_file(file),
    }
}
