//! The application's own description, as other programs read it.

use partitura_description::Description;
use partitura_runtime::app::Blueprint;

use crate::world::World;

/// None, told, if this program does not understand itself.
pub(crate) fn read(blueprint: &'static Blueprint, world: &mut World<'_>) -> Option<Description> {
    let read = match serde_json::to_value(blueprint.describe()) {
        Ok(value) => Description::read(value).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    read.inspect_err(|error| world.tell(error)).ok()
}
