//! An application that is built, and asked about itself.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use partitura_description::{Description, Unread};
use serde_json::Value;

use crate::failure::{Failure, Result};
use crate::project::{Binary, Choice, Project, cargo};

/// What becomes of the compiler's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Messages {
    /// They are shown on stderr, as cargo does.
    Shown,
    /// They go to stdout as JSON, a line each, as `cargo check --message-format=json` writes them.
    Json,
}

/// A program that has been built.
#[derive(Debug)]
pub(crate) struct Application {
    pub(crate) program: PathBuf,
    pub(crate) binary: Binary,
    /// What `file!()` in its code is relative to.
    pub(crate) root: PathBuf,
}

impl Application {
    /// Builds the application that is meant; cargo tells its progress on stderr.
    pub(crate) fn build(choice: &Choice) -> Result<Application> {
        let project = Project::read(choice)?;
        let binary = project.binary(choice)?;
        Application::build_of(choice, &project, binary, Messages::Shown)
    }

    /// Builds this binary.
    pub(crate) fn build_of(
        choice: &Choice,
        project: &Project,
        binary: Binary,
        messages: Messages,
    ) -> Result<Application> {
        let format = match messages {
            Messages::Shown => "json-render-diagnostics",
            Messages::Json => "json",
        };
        let mut command = cargo();
        command
            .args(["build", "--message-format", format, "--bin", &binary.name, "--manifest-path"])
            .arg(&binary.package.manifest_path)
            .args(&choice.flags)
            .stdout(Stdio::piped());
        if messages == Messages::Json {
            command.arg("--quiet");
        }
        if choice.is_copy {
            crate::expand::compile_apart(&mut command, Path::new(""))?;
        }
        let mut child = command.spawn().map_err(|error| Failure::new(format!("cannot run cargo: {error}")))?;
        let mut program = None;
        let stdout = child.stdout.take().map(BufReader::new);
        for line in stdout.into_iter().flat_map(BufRead::lines).map_while(std::result::Result::ok) {
            let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
            match message["reason"].as_str() {
                Some("compiler-artifact") if message["target"]["name"] == binary.name.as_str() => {
                    if let Some(path) = message["executable"].as_str() {
                        program = Some(PathBuf::from(path));
                    }
                }
                Some("compiler-message") if messages == Messages::Json => print_line(&line)?,
                _ => {}
            }
        }
        let status = child.wait().map_err(|error| Failure::new(format!("cargo did not end: {error}")))?;
        match program {
            Some(program) if status.success() => {
                Ok(Application { program, binary, root: project.workspace_root.clone() })
            }
            _ => {
                let what = format!("`{}` does not compile", binary.name);
                let fix = "what the compiler says above; `cargo partitura explain CODE` for a code in brackets";
                Err(Failure::new(what).fix(fix))
            }
        }
    }

    /// What it says of itself, as JSON.
    pub(crate) fn described_as_json(&self) -> Result<Value> {
        described(&self.program)
    }

    /// What it says of itself.
    pub(crate) fn described(&self) -> Result<Description> {
        read(self.described_as_json()?)
    }

    /// Runs one of its own verbs, with this terminal; its exit code.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<u8> {
        let status = Command::new(&self.program).args(arguments).status();
        let status = status.map_err(|error| Failure::file("run", &self.program, &error))?;
        Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
    }

    /// What one of its verbs answers, and whether it was done.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Result<(String, bool)> {
        ask(&self.program, arguments)
    }
}

/// Reads a description, if its version is one that is understood.
pub(crate) fn read(value: Value) -> Result<Description> {
    Description::read(value).map_err(|error| match error {
        Unread::Version(_) => {
            Failure::new(error.to_string()).fix("install the cargo-partitura of the application's own version")
        }
        Unread::Broken(_) => Failure::new(error.to_string()),
    })
}

/// What a program of Partitura says of itself.
pub(crate) fn described(program: &Path) -> Result<Value> {
    let (text, done) = ask(program, &["describe", "--json"])?;
    let described = serde_json::from_str(&text).ok().filter(|value: &Value| done && value["application"].is_object());
    described.ok_or_else(|| {
        Failure::new(format!("`{}` does not answer `describe --json`", program.display()))
            .fix("its `main` has to be that of `app!`: fn main() -> std::process::ExitCode { Shop::main() }")
    })
}

fn ask(program: &Path, arguments: &[&str]) -> Result<(String, bool)> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| Failure::file("run", program, &error))?;
    Ok((String::from_utf8_lossy(&output.stdout).into_owned(), output.status.success()))
}

/// One line on stdout.
pub(crate) fn print_line(line: &str) -> Result {
    writeln!(std::io::stdout(), "{line}").map_err(|error| match error.kind() {
        // `.. | head` has read enough.
        std::io::ErrorKind::BrokenPipe => Failure::told(),
        _ => Failure::new(format!("cannot write to stdout: {error}")),
    })
}
