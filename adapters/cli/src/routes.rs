//! `routes`: what the code declares, whatever serves it.

use partitura_description::routes::rows;
use partitura_runtime::app::Blueprint;

use crate::describe::json;
use crate::description::read;
use crate::exit;
use crate::table::{count, table};
use crate::world::World;

/// One line for each route: method, path, what it leads to, who may call it, where it is declared.
pub(crate) fn routes(blueprint: &'static Blueprint, as_json: bool, world: &mut World<'_>) -> u8 {
    let Some(described) = read(blueprint, world) else { return exit::INTERNAL };
    let rows = rows(&described);
    let text = match as_json {
        true => json(&rows),
        false if rows.is_empty() => {
            world.tell(format_args!("{} declares no routes", blueprint.name));
            return exit::DONE;
        }
        false => table("", &rows.iter().map(partitura_description::routes::Row::cells).collect::<Vec<_>>()),
    };
    if !world.answer(text) {
        return exit::OUTPUT;
    }
    if !as_json {
        let them = if rows.len() == 1 { "it" } else { "them" };
        let line = format!("{}, as declared; the configuration may move {them} (--served)", count(rows.len(), "route"));
        world.tell(line);
    }
    exit::DONE
}
