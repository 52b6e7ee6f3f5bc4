//! A folder of its own for each test, and the program in it.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A build on a busy machine with little to reuse takes minutes; nothing takes longer than this.
const LIMIT: Duration = Duration::from_secs(900);

/// What a program said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: i32,
}

impl Said {
    /// It was done.
    #[track_caller]
    pub(crate) fn done(self) -> Said {
        assert_eq!(self.code, 0, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }
}

/// Outside of the workspace; removed at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("cargo-partitura-{name}-{}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder).unwrap();
        Folder(folder.canonicalize().unwrap())
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.0.join(relative)
    }

    #[track_caller]
    pub(crate) fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap()
    }

    pub(crate) fn write(&self, relative: &str, text: &str) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// `cargo partitura ..` in the folder `inside`.
    #[track_caller]
    pub(crate) fn partitura(&self, inside: &str, arguments: &[&str]) -> Said {
        let mut command = self.command(env!("CARGO_BIN_EXE_cargo-partitura"), inside);
        command.arg("partitura").args(arguments);
        run(command)
    }

    /// `cargo ..` in the folder `inside`.
    #[track_caller]
    pub(crate) fn cargo(&self, inside: &str, arguments: &[&str]) -> Said {
        let mut command = self.command(env!("CARGO"), inside);
        command.args(arguments);
        run(command)
    }

    /// All projects are built into the folder that the workspace is built into: what both need is compiled once. Macros
    /// are compiled as the workspace does it, not optimised as a scaffold says.
    pub(crate) fn command(&self, program: &str, inside: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path(inside))
            .env("CARGO_TARGET_DIR", target())
            .env("CARGO_PROFILE_DEV_BUILD_OVERRIDE_OPT_LEVEL", "0")
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_TERM_COLOR", "never")
            .env("PARTITURA_PATH", checkout())
            .env_remove("RUSTFLAGS")
            .stdin(Stdio::null());
        command
    }

    /// A project of a template, with the versions of the workspace.
    #[track_caller]
    pub(crate) fn project(&self, name: &str, template: &str) {
        self.partitura("", &["new", name, "--template", template]).done();
        fs::copy(checkout().join("Cargo.lock"), self.path(name).join("Cargo.lock")).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// The root of this workspace.
pub(crate) fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// `CARGO_TARGET_TMPDIR` is the folder `tmp` in it.
pub(crate) fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned()
}

/// Waits until it ends, within bounds.
#[track_caller]
pub(crate) fn run(mut command: Command) -> Said {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (out, err) = (read(child.stdout.take().unwrap()), read(child.stderr.take().unwrap()));
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > LIMIT {
            child.kill().unwrap();
            panic!("{command:?} takes longer than {LIMIT:?}");
        }
        thread::sleep(Duration::from_millis(20));
    };
    Said { out: out.join().unwrap(), err: err.join().unwrap(), code: status.code().unwrap_or(-1) }
}

/// On a thread of its own, so that no pipe gets full.
fn read(mut from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = Vec::new();
        from.read_to_end(&mut text).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    })
}
