//! What carries frames.

use std::fmt;

use bytes::Bytes;
use partitura_runtime::error::{Error, Kind};

/// The half of a connection that frames come from.
pub trait Receive: Send {
    /// The text of the next frame; `None` when the other side has closed the connection between two frames.
    ///
    /// # Errors
    /// Why there will be no further frame.
    ///
    /// # Cancel safety
    /// It must be: given up and begun again, it loses nothing.
    fn receive(&mut self) -> impl Future<Output = Result<Option<Bytes>, Lost>> + Send;
}

/// The half of a connection that frames go to.
pub trait Transmit: Send {
    /// Takes the text of one frame. It may be kept until [`Transmit::flush`].
    ///
    /// # Errors
    /// The connection is lost.
    fn transmit(&mut self, frame: Bytes) -> impl Future<Output = Result<(), Lost>> + Send;

    /// Sends everything that was taken.
    ///
    /// # Errors
    /// The connection is lost.
    fn flush(&mut self) -> impl Future<Output = Result<(), Lost>> + Send;

    /// Says that nothing more will come, so that the other side reads an end. Best effort.
    fn close(&mut self) -> impl Future<Output = ()> + Send;
}

/// Why a connection carries no further frame.
#[derive(Debug)]
#[non_exhaustive]
pub enum Lost {
    /// A frame says that it is longer than is taken. What follows it cannot be found any more.
    TooLarge {
        /// The length that it says, in bytes.
        length: u64,
        /// The most that is taken, in bytes.
        limit: usize,
    },
    /// It ended within a frame.
    CutOff,
    /// A frame had begun and did not come to its end in time, or could not be written in time.
    Slow,
    /// The transport failed.
    Transport(std::io::Error),
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lost::TooLarge { length, limit } => write!(f, "a frame of {length} bytes; at most {limit} are taken"),
            Lost::CutOff => f.write_str("the connection ended within a frame"),
            Lost::Slow => f.write_str("a frame took too long"),
            Lost::Transport(error) => write!(f, "the connection broke: {error}"),
        }
    }
}

impl std::error::Error for Lost {}

impl From<std::io::Error> for Lost {
    fn from(error: std::io::Error) -> Self {
        Lost::Transport(error)
    }
}

impl Lost {
    /// As an error: kind too large, PT0441, or kind unavailable, PT0444.
    pub fn error(&self) -> Error {
        let (kind, code) = match self {
            Lost::TooLarge { .. } => (Kind::TooLarge, "PT0441"),
            Lost::CutOff | Lost::Slow | Lost::Transport(_) => (Kind::Unavailable, "PT0444"),
        };
        Error::new(kind, self.to_string()).with_code(code)
    }
}
