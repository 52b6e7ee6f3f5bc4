//! `describe` and `routes`: what an application says of itself.

use clap::ArgMatches;

use crate::application::{Application, print_line};
use crate::described::{Access, Description};
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
    let rows: Vec<Vec<String>> = described.routes.iter().map(|route| row(&described, route)).collect();
    print_line(&table(&rows))?;
    let places = if described.routes.len() == 1 { "it" } else { "them" };
    eprintln!("{}, as declared; the configuration may move {places}", count(described.routes.len(), "route"));
    Ok(0)
}

fn row(described: &Description, route: &crate::described::Route) -> Vec<String> {
    let leads = route.message.as_ref().or(route.controller.as_ref()).cloned().unwrap_or_default();
    let of_message = || {
        let name = route.message.as_ref()?;
        let message = described.messages.iter().find(|message| message.name == *name)?;
        message.handlers.first()?.access.as_ref()
    };
    let access = Access::words(route.access.as_ref().or_else(of_message));
    let access = if access.is_empty() { "nothing is said".to_owned() } else { access };
    vec![route.method.to_uppercase(), route.path.clone(), leads, access, route.place.clone()]
}
