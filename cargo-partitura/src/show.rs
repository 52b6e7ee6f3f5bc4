//! `describe` and `routes`: what an application says of itself.

use clap::ArgMatches;
use partitura_description::routes;

use crate::application::{Application, print_line};
use crate::failure::Result;
use crate::listed::{count, table};
use crate::project::Choice;

/// The application's own words, or its JSON.
pub(crate) fn describe(matches: &ArgMatches) -> Result<u8> {
    let application = Application::build(&Choice::of(matches))?;
    let mut arguments = vec!["describe"];
    arguments.extend(matches.get_one::<String>("message").map(String::as_str));
    if matches.get_flag("json") {
        arguments.push("--json");
    }
    application.run(&arguments)
}

/// A line for each route as declared.
pub(crate) fn routes(matches: &ArgMatches) -> Result<u8> {
    let application = Application::build(&Choice::of(matches))?;
    let described = application.described()?;
    if described.routes.is_empty() {
        eprintln!("{} declares no routes", described.application.name);
        return Ok(0);
    }
    let rows: Vec<Vec<String>> = routes::rows(&described).iter().map(|row| row.cells().to_vec()).collect();
    print_line(&table(&rows))?;
    let places = if described.routes.len() == 1 { "it" } else { "them" };
    eprintln!("{}, as declared; the configuration may move {places}", count(described.routes.len(), "route"));
    Ok(0)
}
