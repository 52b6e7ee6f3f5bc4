//! What a verb of the command line reads from and tells things to while it runs.

use std::fmt;
use std::io::{Read, Write};

use tokio::sync::{mpsc, oneshot};

/// The streams of whoever typed a verb. Cheap to clone. Each call waits until it is done, so that what is told faster than it is read
/// does not pile up.
#[derive(Clone)]
pub struct Terminal(mpsc::Sender<Asked>);

/// What is wanted of a terminal, for the command line that has it.
pub enum Asked {
    /// A line for stdout; the answer is whether it could be written.
    Answer(String, oneshot::Sender<std::io::Result<()>>),
    /// A line for stderr.
    Tell(String, oneshot::Sender<()>),
    /// All of stdin, at most so many bytes.
    Read(u64, oneshot::Sender<std::io::Result<Vec<u8>>>),
    /// The process's own streams and signals.
    Take(oneshot::Sender<std::io::Result<Console>>),
}

/// The streams and the signals of the process, given away to one verb: for an editor of lines, or for a protocol over stdin and stdout.
#[non_exhaustive]
pub struct Console {
    /// What is typed or piped in.
    pub stdin: Box<dyn Read + Send>,
    /// Where answers go.
    pub stdout: Box<dyn Write + Send>,
    /// Where all else goes.
    pub stderr: Box<dyn Write + Send>,
    /// Whether a person is there: stdin and stdout are a terminal. Then they are those of the process, whatever else is said here.
    pub is_terminal: bool,
    /// Each Ctrl-C and SIGTERM, which end nothing by themselves any more. One that is not taken before the next comes means that the
    /// verb hangs: see [`host::signals`](crate::host::signals).
    pub signals: mpsc::Receiver<Signal>,
}

impl Console {
    /// Of these streams. Nobody is at a terminal.
    pub fn new(
        stdin: impl Read + Send + 'static,
        stdout: impl Write + Send + 'static,
        stderr: impl Write + Send + 'static,
        signals: mpsc::Receiver<Signal>,
    ) -> Self {
        Console {
            stdin: Box::new(stdin),
            stdout: Box::new(stdout),
            stderr: Box::new(stderr),
            is_terminal: false,
            signals,
        }
    }

    /// That of this process, which takes its signals from now on.
    ///
    /// # Errors
    /// If the signals cannot be listened for.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn process() -> std::io::Result<Self> {
        use std::io::{IsTerminal, stderr, stdin, stdout};
        let signals = crate::host::signals().map_err(std::io::Error::other)?;
        let is_terminal = stdin().is_terminal() && stdout().is_terminal();
        Ok(Console { is_terminal, ..Console::new(stdin(), stdout(), stderr(), signals) })
    }
}

/// What somebody wants of the whole process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C: what runs shall end.
    Interrupt,
    /// SIGTERM: the process shall end.
    Terminate,
}

/// The source of an error of which everything is told already, at the terminal of the verb, but the exit code of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit(pub u8);

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {}", self.0)
    }
}

impl std::error::Error for Exit {}

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

    /// Takes the streams and the signals of the process, once. From then on a Ctrl-C does not cancel the verb: it is told of it.
    ///
    /// # Errors
    /// If there is no process behind this terminal, or somebody has taken them.
    pub async fn take(&self) -> std::io::Result<Console> {
        let (done, taken) = oneshot::channel();
        self.0.send(Asked::Take(done)).await.map_err(|_| nobody())?;
        taken.await.map_err(|_| nobody())?
    }
}

fn nobody() -> std::io::Error {
    std::io::Error::other("there is no terminal")
}
