//! `run --watch`: a file is edited, and the application is another one; a mistake leaves the old one running.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::support::Folder;

/// The lines of a program as they come.
struct Lines(Receiver<String>);

impl Lines {
    fn of(from: impl Read + Send + 'static) -> Lines {
        let (tell, told) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(from).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        Lines(told)
    }

    #[track_caller]
    fn until(&self, word: &str) {
        let mut seen = Vec::new();
        loop {
            match self.0.recv_timeout(Duration::from_secs(600)) {
                Ok(line) if line.contains(word) => return,
                Ok(line) => seen.push(line),
                Err(_) => panic!("no `{word}`:\n{}", seen.join("\n")),
            }
        }
    }
}

fn get(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn an_edit_is_served_on_the_same_port_and_a_mistake_leaves_the_old_one_running() {
    let folder = Folder::new("watch");
    folder.project("seen", "service");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = folder.command(env!("CARGO_BIN_EXE_cargo-partitura"), "seen");
    command.args(["run", "--watch"]).env("SEEN__HTTP__PORT", port.to_string()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = Lines::of(child.stderr.take().unwrap());
    lines.until("ready: http");
    assert!(get(port, "/notes").ends_with("\r\n\r\n[]"));

    let notes = folder.read("seen/src/notes.rs");
    folder.write("seen/src/notes.rs", &notes.replace("Ok(notes.lock().values().cloned().collect())", "Ok(nothing)"));
    lines.until("src/notes.rs changed");
    lines.until("the old one still runs");
    assert!(get(port, "/notes").ends_with("\r\n\r\n[]"), "the old one still runs");

    let other = notes.replace(
        "Ok(notes.lock().values().cloned().collect())",
        "Ok(notes.lock().values().cloned().chain([Note { id: 7, text: \"new\".to_owned() }]).collect())",
    );
    folder.write("seen/src/notes.rs", &other);
    lines.until("ready: http");
    assert!(get(port, "/notes").ends_with("[{\"id\":7,\"text\":\"new\"}]"));

    let term = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(term.success() && child.wait().unwrap().success());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "nobody is left behind");
}
