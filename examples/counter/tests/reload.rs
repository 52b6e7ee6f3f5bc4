//! A process that serves, and a signal by which it reads its configuration again.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "these tests watch real processes")]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_counter");

/// A counter that serves in a folder of its own, which is gone at the end.
struct Served {
    folder: PathBuf,
    child: Child,
    told: Arc<Mutex<Vec<String>>>,
}

impl Served {
    /// Returns when it is ready.
    fn new(name: &str, file: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("counter-reload-{}-{name}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("partitura.toml"), format!("socket.path = \"c.sock\"\n{file}")).unwrap();
        let mut command = Command::new(PROGRAM);
        command.current_dir(&folder).arg("serve").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let told = Arc::new(Mutex::new(Vec::new()));
        let kept = told.clone();
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| kept.lock().unwrap().push(line)));
        let served = Served { folder, child, told };
        served.tells("ready:");
        served
    }

    /// Writes the file anew and says so; returns the line that tells of it.
    fn reload(&self, file: &str, expected: &str) -> String {
        std::fs::write(self.folder.join("partitura.toml"), format!("socket.path = \"c.sock\"\n{file}")).unwrap();
        let killed = Command::new("kill").args(["-HUP", &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        self.tells(expected)
    }

    /// Waits for a line that has `text` in it.
    fn tells(&self, text: &str) -> String {
        for _ in 0..1_500 {
            if let Some(line) = self.told.lock().unwrap().iter().find(|line| line.contains(text)) {
                return line.clone();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not tell `{text}`:\n{}", self.told.lock().unwrap().join("\n"));
    }

    /// The exit code of `send`.
    fn sends(&self, arguments: &[&str]) -> Option<i32> {
        let mut command = Command::new(PROGRAM);
        // The sender's own configuration is none of the matter: only the path.
        command.current_dir("/").args([
            "--set",
            &format!("socket.path={}", self.folder.join("c.sock").display()),
            "send",
        ]);
        command.args(arguments).stdin(Stdio::null()).output().unwrap().status.code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

const LONG: [&str; 3] = ["counter.Wait", "--millis", "300"];

#[test]
fn hangup_brings_a_new_timeout_new_ways_in_and_a_new_level_of_the_log() {
    let served = Served::new("taken", "");
    assert_eq!(served.sends(&LONG), Some(0));
    let line = served.reload("messages.\"counter.Wait\".timeout = \"50ms\"\n", "configuration was reloaded");
    assert!(line.contains("messages.\"counter.Wait\".timeout (unset) -> \"50ms\""), "{line}");
    assert_eq!(served.sends(&LONG), Some(75));
    assert_eq!(served.sends(&["counter.Wait", "--millis", "1"]), Some(0));
    let file = "log.level = \"debug\"\n[messages.\"counter.Wait\"]\nentrypoints = [\"cli\"]\n";
    served.reload(file, "log.level (unset) -> \"debug\"");
    assert_eq!(served.sends(&LONG), Some(66));
    assert_eq!(served.sends(&["counter.Add", "--by", "1"]), Some(0));
    served.tells("a connection of the socket has ended");
    let line = served.reload("socket.max_frame = 4096\n", "needs a restart");
    assert!(line.contains("needs a restart: socket.max_frame (unset) -> 4096"), "{line}");
    assert_eq!(served.sends(&LONG), Some(0));
}

#[test]
fn hangup_with_a_broken_file_leaves_all_as_it_was() {
    let served = Served::new("broken", "messages.\"counter.Wait\".timeout = \"50ms\"\n");
    assert_eq!(served.sends(&LONG), Some(75));
    let file = "messages.\"counter.Wait\".timeout = \"5s\"\nmessages.\"counter.Wiat\".timeout = \"5s\"\nlog.levle = \"debug\"\n";
    served.reload(file, "partitura.toml:3:10");
    served.tells("did you mean `counter.Wait`?");
    let line = served.tells("partitura.toml:4:5");
    assert!(
        line.contains("not reloaded") && line.contains("did you mean `level`?") && line.contains("PT0491"),
        "{line}"
    );
    assert_eq!(served.sends(&LONG), Some(75));
    served.reload("this is no TOML\n", "partitura.toml:2");
    assert_eq!(served.sends(&LONG), Some(75));
    served.reload("messages.\"counter.Wait\".timeout = \"5s\"\n", "configuration was reloaded");
    assert_eq!(served.sends(&LONG), Some(0));
}
