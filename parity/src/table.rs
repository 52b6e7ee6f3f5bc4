//! What was proven, as a table.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use crate::way::Way;

/// What was proven of an application.
#[derive(Debug)]
pub struct Table {
    /// The application.
    pub application: String,
    /// A row for each message.
    pub rows: Vec<Row>,
}

/// One message.
#[derive(Debug)]
pub struct Row {
    /// Its name.
    pub message: String,
    /// What each way answered, case by case.
    pub cells: BTreeMap<Way, Vec<Cell>>,
    /// Why it was left out, if it was.
    pub skipped: Option<String>,
}

/// One case at one way.
#[derive(Debug)]
pub enum Cell {
    /// The reply was the same.
    Same {
        /// The case.
        case: String,
    },
    /// The error was the same.
    Refused {
        /// The case.
        case: String,
        /// The error.
        answer: String,
    },
    /// There is nothing to be asked here.
    Never {
        /// The case.
        case: String,
        /// Why.
        why: &'static str,
    },
    /// It is not the same.
    Differs {
        /// The case.
        case: String,
        /// What differs.
        differs: String,
    },
}

impl Table {
    /// Whether every answer was the same.
    pub fn holds(&self) -> bool {
        self.differences().next().is_none()
    }

    /// Every answer that was not the same: message, way, case, and what differs.
    pub fn differences(&self) -> impl Iterator<Item = (&str, Way, &str, &str)> {
        self.cells().filter_map(|(row, way, cell)| match cell {
            Cell::Differs { case, differs } => Some((&*row.message, way, &**case, &**differs)),
            _ => None,
        })
    }

    /// How many answers were compared.
    pub fn compared(&self) -> usize {
        self.cells().filter(|(_, _, cell)| !matches!(cell, Cell::Never { .. })).count()
    }

    /// Compares the table with the one in `file`; with `BLESS=1` in the environment, writes it there.
    ///
    /// # Panics
    /// If they differ, or the file cannot be read or written.
    #[track_caller]
    pub fn compare(&self, file: impl AsRef<Path>) {
        let file = file.as_ref();
        let text = self.to_string();
        if std::env::var_os("BLESS").is_some() {
            return std::fs::write(file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        }
        let written = std::fs::read_to_string(file).unwrap_or_default();
        assert!(written == text, "{} is not up to date (BLESS=1 writes it):\n{text}", file.display());
    }

    fn cells(&self) -> impl Iterator<Item = (&Row, Way, &Cell)> {
        let rows = self.rows.iter();
        rows.flat_map(|row| {
            row.cells.iter().flat_map(move |(way, cells)| cells.iter().map(move |cell| (row, *way, cell)))
        })
    }
}

/// As Markdown: how many answers were the same, replies and errors; what is not asked; and then everything that differs.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.message.len() + 2).max().unwrap_or(0).max(self.application.len());
        write!(f, "| {:width$} |", self.application)?;
        Way::ALL.iter().try_for_each(|way| write!(f, " {way} |"))?;
        write!(f, "\n|{:-<1$}|", "", width + 2)?;
        Way::ALL.iter().try_for_each(|way| write!(f, "{:-<1$}|", "", way.name().len() + 2))?;
        writeln!(f)?;
        for row in &self.rows {
            write!(f, "| {:width$} |", format!("`{}`", row.message))?;
            for way in Way::ALL {
                let cells = row.cells.get(&way).map_or(&[][..], Vec::as_slice);
                write!(f, " {:1$} |", summary(row, cells), way.name().len())?;
            }
            writeln!(f)?;
        }
        writeln!(f, "\n{} answers compared.", self.compared())?;
        let mut any = false;
        for (message, way, case, differs) in self.differences() {
            if !any {
                writeln!(f, "\nNot the same:\n")?;
            }
            any = true;
            writeln!(f, "- `{message}`, {case}, {way}: {differs}")?;
        }
        for row in self.rows.iter().filter(|row| row.skipped.is_some()) {
            writeln!(f, "\n`{}` is left out: {}", row.message, row.skipped.as_deref().unwrap_or_default())?;
        }
        Ok(())
    }
}

/// `2 + 7`: so many replies and so many errors were the same.
fn summary(row: &Row, cells: &[Cell]) -> String {
    let count = |is: fn(&Cell) -> bool| cells.iter().filter(|cell| is(cell)).count();
    let (same, refused) =
        (count(|cell| matches!(cell, Cell::Same { .. })), count(|cell| matches!(cell, Cell::Refused { .. })));
    let differs = count(|cell| matches!(cell, Cell::Differs { .. }));
    match (same, refused, differs) {
        _ if row.skipped.is_some() => "left out".to_owned(),
        (0, 0, 0) => "–".to_owned(),
        (0, refused, 0) if cells.len() == 1 && refused == 1 => "refused".to_owned(),
        (same, refused, 0) => format!("{same} + {refused}"),
        (same, refused, differs) => format!("{same} + {refused}, {differs} not"),
    }
}
