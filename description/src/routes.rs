//! The routes as declared, as a table.

use serde::Serialize;

use crate::{Access, Description};

/// One route, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// `GET`, `ANY`
    pub method: String,
    /// `/accounts/{id}`
    pub path: String,
    /// The message, or the fn of a controller.
    pub leads_to: String,
    /// Who may call it: `anybody`, `teller or manager`; nothing where nothing is declared.
    pub access: String,
    /// Its file and line.
    pub place: String,
}

/// Each of them, in the order of the description: by path and method.
pub fn rows(described: &Description) -> Vec<Row> {
    let row = |route: &crate::Route| Row {
        method: route.method.to_uppercase(),
        path: route.path.clone(),
        leads_to: route.target().to_owned(),
        access: Access::words(described.access(route)),
        place: route.place.clone(),
    };
    described.routes.iter().map(row).collect()
}

impl Row {
    /// The cells of the table for people.
    pub fn cells(&self) -> [String; 5] {
        let access = if self.access.is_empty() { "nothing is said".to_owned() } else { self.access.clone() };
        [self.method.clone(), self.path.clone(), self.leads_to.clone(), access, self.place.clone()]
    }
}
