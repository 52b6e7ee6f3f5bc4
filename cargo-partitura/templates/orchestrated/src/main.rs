//! TemplateName: its folders say the order. Each file has a number and an `execute`, and nobody keeps a list.

mod journal;

use partitura::prelude::*;

partitura::app! { pub TemplateName { modules: [] } }

partitura::folder!(pub models = "src/models", orchestrate, strict);
partitura::folder!(pub services = "src/services", orchestrate, strict);
partitura::folder!(pub controllers = "src/controllers", orchestrate, strict);
partitura::folder!(pub utils = "src/utils", orchestrate, strict);

/// All the folders, one after the other, at each start: every folder is a plan, and a plan can be a step.
#[orchestrate(sequential, on = start)]
pub mod start {
    #[step]
    use super::utils;

    #[step]
    use super::models;

    #[step]
    use super::services;

    #[step]
    use super::controllers;
}

fn main() -> std::process::ExitCode {
    TemplateName::main()
}

#[cfg(test)]
mod tests {
    use super::journal::Journal;
    use super::*;

    #[tokio::test]
    async fn files_run_in_the_order_of_their_numbers() {
        let journal = Arc::new(Journal::default());
        let app = TemplateName::test().replace(journal.clone()).build().await.unwrap();
        let before = journal.lines().len();
        app.world().drive(app.send(models::Run)).await.unwrap();
        assert_eq!(journal.lines()[before..], ["users are there", "products are there"]);
    }
}
