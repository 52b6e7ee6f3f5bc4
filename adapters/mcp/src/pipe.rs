//! Streams that block, such as stdin and stdout, for a protocol that does not: a thread for each, and a pipe of a bounded size between.

use std::io::{Read, Write};

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// What one side may be ahead of the other.
const SIZE: usize = 64 * 1024;

/// What comes from `stream`. The thread ends with the stream; one that waits for stdin is left behind when the process ends.
#[expect(clippy::disallowed_methods, reason = "it waits for a stream of the process, which no runtime can")]
pub(crate) fn from(mut stream: impl Read + Send + 'static) -> DuplexStream {
    let (near, mut far) = duplex(SIZE);
    let runtime = Handle::current();
    std::thread::spawn(move || {
        let mut chunk = vec![0; SIZE];
        loop {
            match stream.read(&mut chunk) {
                Ok(0) => break,
                Ok(length) => {
                    // Nobody reads any more.
                    if runtime.block_on(far.write_all(&chunk[..length])).is_err() {
                        break;
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    tracing::debug!(target: "partitura", %error, "the input of `mcp` broke off");
                    break;
                }
            }
        }
    });
    near
}

/// What goes to `stream`, and when all of it is written: once the pipe is dropped, or the stream takes no more.
#[expect(clippy::disallowed_methods, reason = "it waits for a stream of the process, which no runtime can")]
pub(crate) fn to(mut stream: impl Write + Send + 'static) -> (DuplexStream, oneshot::Receiver<()>) {
    let (near, mut far) = duplex(SIZE);
    let (done, written) = oneshot::channel();
    let runtime = Handle::current();
    std::thread::spawn(move || {
        let mut chunk = vec![0; SIZE];
        while let Ok(length @ 1..) = runtime.block_on(far.read(&mut chunk)) {
            if let Err(error) = stream.write_all(&chunk[..length]).and_then(|()| stream.flush()) {
                tracing::debug!(target: "partitura", %error, "nobody reads the output of `mcp`");
                break;
            }
        }
        // Nobody may be waiting.
        let _ = done.send(());
    });
    (near, written)
}
