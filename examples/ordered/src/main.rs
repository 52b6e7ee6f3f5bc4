//! A project whose folders say the order: each file has a number and an `execute`, and nobody keeps a list.
//!
//! `cargo run -p ordered -- execute models.Run`, or `start.Run` for all of the folders.

use std::sync::Mutex;

use partitura::prelude::*;

partitura::app! { pub Ordered { modules: [] } }

partitura::folder!(pub models = "src/models", orchestrate, strict);
partitura::folder!(pub services = "src/services", orchestrate, strict);
partitura::folder!(pub controllers = "src/controllers", orchestrate, strict);
partitura::folder!(pub utils = "src/utils", orchestrate, strict);

/// What was done, in the order in which it was done.
#[injectable]
pub struct Journal {
    #[init]
    lines: Mutex<Vec<&'static str>>,
}

impl Journal {
    /// Adds a line, and tells it.
    pub fn note(&self, line: &'static str) {
        eprintln!("  {line}");
        self.lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(line);
    }

    /// The lines so far.
    pub fn lines(&self) -> Vec<&'static str> {
        self.lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

/// All the folders, one after the other: each is a plan, and a plan can be a step.
#[orchestrate(sequential)]
pub mod start {
    use super::Journal;
    use partitura::prelude::*;

    #[step]
    use super::utils;

    #[step]
    use super::models;

    #[step]
    use super::services;

    #[step]
    use super::controllers;

    /// Says that all is there.
    #[step]
    fn ready(journal: &Journal) -> Result<()> {
        journal.note("ready");
        Ok(())
    }
}

fn main() -> std::process::ExitCode {
    Ordered::main()
}

#[cfg(test)]
mod tests {
    use partitura_parity::Parity;

    use super::*;

    #[tokio::test]
    async fn files_run_in_the_order_of_their_numbers() {
        let journal = Arc::new(Journal { lines: Mutex::default() });
        let app = Ordered::test().replace::<Journal>(journal.clone()).build().await.unwrap();
        let report = app.world().drive(app.send(models::Run)).await.unwrap();
        let steps: Vec<&str> = report.steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(steps, ["user", "product", "billing"]);
        assert_eq!(journal.lines(), ["table of users", "table of products", "table of invoices", "table of payments"]);
        // What is in a file is reached as in any module.
        assert_eq!(models::user::User { name: "Ada" }.name, "Ada");
        assert_eq!(models::billing::invoice::Invoice { total: 3 }.total, 3);
    }

    #[tokio::test]
    async fn folders_run_one_after_the_other() {
        let journal = Arc::new(Journal { lines: Mutex::default() });
        let app = Ordered::test().replace::<Journal>(journal.clone()).build().await.unwrap();
        app.world().drive(app.send(start::Run)).await.unwrap();
        let lines = journal.lines();
        assert_eq!((lines[0], lines.len(), *lines.last().unwrap()), ("helpers", 9, "ready"));
        assert_eq!(lines[5..8], ["payments", "subscriptions", "routes"]);
    }

    #[test]
    fn one_answer_at_every_entrypoint() {
        let parity = Parity::of(Ordered::BLUEPRINT).typed::<models::Run>().typed::<start::Run>();
        let table = parity.cases(include_str!("../parity.toml")).unwrap().run().unwrap();
        assert!(table.holds(), "{table}");
        table.compare(concat!(env!("CARGO_MANIFEST_DIR"), "/PARITY.md"));
    }
}
