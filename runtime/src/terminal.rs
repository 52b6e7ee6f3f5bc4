//! What a verb of the command line reads from and tells things to while it runs.

use std::fmt;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};

/// The streams of whoever typed a verb. Cheap to clone. Each call waits until it is done, so that what is told faster than it is read
/// does not pile up.
#[derive(Clone)]
pub struct Terminal(mpsc::Sender<Asked>);

/// stdin and stdout themselves, for a verb that speaks a protocol there.
pub struct Streams {
    /// stdin.
    pub input: Box<dyn AsyncRead + Send + Unpin>,
    /// stdout.
    pub output: Box<dyn AsyncWrite + Send + Unpin>,
}

/// What is wanted of a terminal, for the command line that has it.
pub enum Asked {
    /// A line for stdout; the answer is whether it could be written.
    Answer(String, oneshot::Sender<std::io::Result<()>>),
    /// A line for stderr.
    Tell(String, oneshot::Sender<()>),
    /// All of stdin, at most so many bytes.
    Read(u64, oneshot::Sender<std::io::Result<Vec<u8>>>),
    /// stdin and stdout, which are the verb's from then on; none where they cannot be given.
    Streams(oneshot::Sender<Option<Streams>>),
    /// To be told when the process shall stop, and to end by itself then.
    Stop(oneshot::Sender<()>),
}

/// The source of an error that a verb has told already, at its terminal: only its exit code is left to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told;

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it has been told")
    }
}

impl std::error::Error for Told {}

impl Terminal {
    /// A terminal, and what is wanted of it.
    pub fn new() -> (Self, mpsc::Receiver<Asked>) {
        let (sender, asked) = mpsc::channel(1);
        (Terminal(sender), asked)
    }

    /// Prints a line of the answer.
    ///
    /// # Errors
    /// Why it could not be written; a broken pipe says that whoever read has enough.
    pub async fn answer(&self, text: impl Into<String>) -> std::io::Result<()> {
        let (done, written) = oneshot::channel();
        self.0.send(Asked::Answer(text.into(), done)).await.map_err(|_| nobody())?;
        written.await.map_err(|_| nobody())?
    }

    /// Tells something that is no answer. Nobody is left to be told if it fails.
    pub async fn tell(&self, line: impl Into<String>) {
        let (done, told) = oneshot::channel();
        if self.0.send(Asked::Tell(line.into(), done)).await.is_ok() {
            drop(told.await);
        }
    }

    /// Reads stdin to its end, or up to `most` bytes. A signal is not noticed meanwhile.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub async fn read(&self, most: u64) -> std::io::Result<Vec<u8>> {
        let (done, read) = oneshot::channel();
        self.0.send(Asked::Read(most, done)).await.map_err(|_| nobody())?;
        read.await.map_err(|_| nobody())?
    }

    /// stdin and stdout themselves: they belong to the verb from then on, for a protocol that is spoken there, and an answer
    /// is told on stderr instead. `None` where there are none to be had: a second time, or without a process.
    pub async fn streams(&self) -> Option<Streams> {
        let (done, given) = oneshot::channel();
        self.0.send(Asked::Streams(done)).await.ok()?;
        given.await.ok()?
    }

    /// Completes when the process shall stop, by Ctrl-C or SIGTERM. From this call on the verb ends by itself then; one that
    /// has not called it is cancelled. A second signal ends the process at once. Never completes without a terminal.
    pub async fn stopping(&self) {
        let (done, stopped) = oneshot::channel();
        if self.0.send(Asked::Stop(done)).await.is_err() || stopped.await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn nobody() -> std::io::Error {
    std::io::Error::other("there is no terminal")
}
