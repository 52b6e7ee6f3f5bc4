//! Each template, from nothing to a project with one of each thing: built, tested, linted, run, checked, expanded, drawn, cleaned.
//!
//! These tests build programs: a minute each where the workspace has been built before, some minutes where it has not.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::Folder;

/// What is done with every template. `own` is the package of a module that gets messages.
struct Project {
    folder: Folder,
    name: &'static str,
}

impl Project {
    fn new(template: &str, name: &'static str) -> Project {
        let folder = Folder::new(template);
        folder.project(name, template);
        Project { folder, name }
    }

    #[track_caller]
    fn partitura(&self, arguments: &[&str]) -> crate::support::Said {
        self.folder.partitura(self.name, arguments)
    }

    #[track_caller]
    fn cargo(&self, arguments: &[&str]) -> crate::support::Said {
        self.folder.cargo(self.name, arguments)
    }

    /// Formatted, without a warning, and every test passes: at least `tests` of them.
    #[track_caller]
    fn holds(&self, tests: usize) {
        // Not `cargo fmt --all`, which goes on into the checkout that the project depends on.
        let mut rustfmt = self.folder.command("rustfmt", self.name);
        rustfmt.args(["--check", "--edition", "2024"]).args(sources(&self.folder.path(self.name)));
        crate::support::run(rustfmt).done();
        self.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).done();
        let said = self.cargo(&["test", "--workspace"]).done();
        let ran = said.out.lines().filter(|line| line.starts_with("test ") && line.ends_with("... ok")).count();
        assert!(ran >= tests, "{ran} tests ran:\n{}", said.out);
    }

    /// One of each that fits every template; `--module` for messages, `--module` for the application.
    #[track_caller]
    fn add_one_of_each(&self, module: &[&str]) {
        for thing in [
            &["add", "command", "open-account"],
            &["add", "query", "ShowAccount"],
            &["add", "event", "account_opened"],
            &["add", "provider", "mail-room"],
        ] {
            let said = self.partitura(&[thing.as_slice(), module].concat()).done();
            assert!(said.out.contains("wrote    ") && said.out.contains("changed  "), "{}", said.out);
        }
        self.partitura(&["add", "behavior", "audit", "--module", self.name]).done();
        // Of a name of its own: cargo names what it compiles by the path inside of a workspace, and all share a folder.
        self.partitura(&["add", "module", &self.billing(), "--module", self.name]).done();
    }

    fn billing(&self) -> String {
        format!("{}-billing", self.name)
    }

    /// What the tool says of it when all is there.
    #[track_caller]
    fn shows(&self, pictures: &[&str]) {
        let said = self.partitura(&["check"]).done();
        assert!(said.out.contains("warning[PT0115]: nobody asks for `MailRoom`"), "{}", said.out);
        assert!(said.out.lines().last().unwrap().contains(" is wired: "), "{}", said.out);
        assert_eq!(self.partitura(&["check", "--deny-warnings"]).code, 1);
        let said = self.partitura(&["expand", "--package", self.name, "audit::audit"]).done();
        assert!(said.out.starts_with("// audit::audit\n") && said.out.contains("__partitura"), "{}", said.out);
        for picture in pictures {
            for format in ["svg", "mermaid", "dot"] {
                let said = self.partitura(&["graph", "--of", picture, "--format", format]).done();
                let begins = match format {
                    "svg" => "<svg ",
                    "mermaid" => "flowchart LR",
                    _ => "digraph ",
                };
                assert!(said.out.starts_with(begins), "{picture}: {}", said.out);
            }
        }
        let said = self.partitura(&["doctor"]).done();
        assert!(said.out.ends_with("0 errors, 0 warnings\n"), "{}", said.out);
        // The folder is shared with the workspace: only what is this project's own goes.
        let said = self.partitura(&["clean", "--dry-run"]).done();
        assert!(said.out.contains("what was built of") && said.out.contains(&self.billing()), "{}", said.out);
    }
}

/// Every Rust file, those that `folder!` declares included.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn minimal() {
    let project = Project::new("minimal", "corner");
    let said = project.cargo(&["run", "-q", "--", "execute", "corner.Greet", "--name", "Ada"]).done();
    assert_eq!(said.out, "\"Hello, Ada!\"\n");
    let said = project.partitura(&["run", "--", "execute", "corner.Greet", "--name", "Bob"]).done();
    assert_eq!(said.out, "\"Hello, Bob!\"\n");
    assert_eq!(project.partitura(&["run", "--", "execute", "corner.Nobody"]).code, 66, "the application's own code");
    compares_builds(&project);
    project.add_one_of_each(&[]);
    project.holds(10);
    project.shows(&["modules", "dependencies", "messages"]);
    let said = project.partitura(&["graph", "--of", "plans"]);
    assert!(said.code == 1 && said.err.contains("no plans"), "{said:?}");
    doctor_finds(&project);
    removes_a_folder_of_its_own(&project);
}

/// Against a file, and against a git revision.
fn compares_builds(project: &Project) {
    let git = |arguments: &[&str]| {
        let mut command = project.folder.command("git", project.name);
        command.args(["-c", "user.name=a", "-c", "user.email=a@example.org"]).args(arguments);
        crate::support::run(command).done();
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "one"]);
    let described = project.partitura(&["describe", "--json"]).done().out;
    project.folder.write("corner/old.json", &described);
    let said = project.partitura(&["diff", "HEAD"]).done();
    assert_eq!((said.out.as_str(), said.err.contains("no difference")), ("", true), "{}", said.err);
    let file = "corner/src/greeting.rs";
    let before = project.folder.read(file);
    project.folder.write(
        file,
        &before
            .replace("    pub name: String,", "    pub name: String,\n    pub times: u32,")
            .replace("\"Ada\".to_owned()", "\"Ada\".to_owned(), times: 1")
            .replace("String::new()", "String::new(), times: 1"),
    );
    for old in ["HEAD", "old.json"] {
        let said = project.partitura(&["diff", old, "--deny-breaking"]);
        assert_eq!(
            (said.code, said.out.as_str()),
            (1, "breaking    field required: corner.Greet.times\n"),
            "{}",
            said.err
        );
    }
    let said = project.partitura(&["diff", "nothing"]);
    assert!(said.code == 2 && said.err.starts_with("error: `nothing` is no file, and no git revision"), "{said:?}");
    project.folder.write(file, &before);
    fs::remove_file(project.folder.path("corner/old.json")).unwrap();
}

/// What is wrong around a project is told with what mends it.
fn doctor_finds(project: &Project) {
    let main = project.folder.read("corner/src/main.rs");
    project.folder.write("corner/src/main.rs", &main.replace("modules: [corner_billing]", "modules: []"));
    let manifest = project.folder.read("corner/Cargo.toml");
    let changed = manifest.replace("[profile.dev.build-override]\nopt-level = 3\n", "");
    project
        .folder
        .write("corner/Cargo.toml", &changed.replace("[dependencies]\n", "[dependencies]\nserde_json = \"1\"\n"));
    let said = project.partitura(&["doctor"]);
    assert_eq!(said.code, 1, "{said:?}");
    for told in [
        "error    `corner` depends on the module `corner_billing`, and its `app!` does not list it",
        "warning  `corner` depends on `serde_json` and names it nowhere\n         fix: cargo remove serde_json --package corner",
        "warning  macros are compiled unoptimised",
    ] {
        assert!(said.out.contains(told), "{told}: {}", said.out);
    }
    project.folder.write("corner/src/main.rs", &main);
    project.folder.write("corner/Cargo.toml", &manifest);
}

/// A folder that belongs to the project goes as a whole, and only if cargo made it.
fn removes_a_folder_of_its_own(project: &Project) {
    let clean = |flag: &str| {
        let mut command = project.folder.command(env!("CARGO_BIN_EXE_cargo-partitura"), project.name);
        command.env_remove("CARGO_TARGET_DIR").args(["clean", flag]);
        crate::support::run(command)
    };
    assert_eq!(clean("--yes").out, "nothing was generated: there is nothing to remove\n");
    project.folder.write("corner/target/mine.txt", "a person wrote this");
    let said = clean("--yes");
    assert!(said.code == 1 && said.err.contains("was not made by cargo"), "{said:?}");
    project.folder.write("corner/target/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55");
    assert!(clean("--dry-run").out.contains("corner/target  1 kB"));
    assert!(project.folder.path("corner/target").is_dir(), "a dry run removes nothing");
    clean("--yes").done();
    assert!(!project.folder.path("corner/target").exists() && project.folder.path("corner/src/main.rs").exists());
}

#[test]
fn service() {
    let project = Project::new("service", "kiosk");
    project.add_one_of_each(&[]);
    project.partitura(&["add", "command", "pay-bill", "--route", "post /bills/{id}"]).done();
    project.partitura(&["add", "controller", "orders"]).done();
    project.holds(12);
    let said = project.partitura(&["routes"]).done();
    assert!(said.out.contains("GET   /orders/{id}  OrdersController.show"), "{}", said.out);
    let line = said.out.lines().find(|line| line.contains("/bills/{id}")).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words[..4], ["POST", "/bills/{id}", "kiosk.PayBill", "anybody"]);
    project.shows(&["messages", "routes"]);
}

#[test]
fn modules() {
    let project = Project::new("modules", "market");
    let said = project.cargo(&["run", "-q", "--", "execute", "greeting.Greet", "--id", "1"]).done();
    assert_eq!(said.out, "\"Hello, Ada!\"\n");
    project.add_one_of_each(&["--module", "greeting"]);
    project.holds(10);
    let said = project.partitura(&["graph", "--of", "modules"]).done();
    assert!(said.out.contains("answers NameOf") && said.out.contains("dyn Directory"), "{}", said.out);
    project.shows(&["modules", "dependencies"]);
}

#[test]
fn orchestrated() {
    let project = Project::new("orchestrated", "parade");
    let steps = |said: crate::support::Said| -> Vec<String> {
        let report: serde_json::Value = serde_json::from_str(&said.done().out).unwrap();
        let steps = report["steps"].as_array().unwrap().iter();
        steps.map(|step| step["name"].as_str().unwrap().to_owned()).collect()
    };
    let models = ["run", "-q", "--", "execute", "models.Run"];
    assert_eq!(steps(project.cargo(&models)), ["user", "product"]);
    let said = project.partitura(&["add", "step", "invoice"]);
    assert!(said.code == 2 && said.err.contains("--folder models | services | controllers | utils"), "{said:?}");
    let said = project.partitura(&["add", "step", "invoice", "--folder", "models"]).done();
    assert!(said.out.contains("wrote    src/models/3_invoice.rs"), "{}", said.out);
    assert_eq!(steps(project.cargo(&models)), ["user", "product", "invoice"], "without a list to edit");
    project.add_one_of_each(&[]);
    project.holds(9);
    project.shows(&["plans"]);
    let script = project.folder.read("parade/build.rs");
    project.folder.write("parade/build.rs", &script.replace("    partitura_build::watch(\"src/utils\");\n", ""));
    let said = project.partitura(&["doctor"]);
    assert!(
        said.code == 1 && said.out.contains("reads the folder src/utils, and its build.rs does not watch it"),
        "{said:?}"
    );
}
