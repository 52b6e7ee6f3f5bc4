//! Frames on a stream of bytes: four bytes of length, big-endian, and then the JSON.

use std::time::{Duration, Instant};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use partitura_runtime::env::Env;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::transport::{Lost, Receive, Transmit};

const HEAD: usize = 4;
/// How much is asked for at once, and how much is gathered before it is written.
const CHUNK: usize = 16 * 1024;

/// Both halves of a stream of bytes: frames of at most `max_frame` bytes, each of which comes to its end within `timeout`
/// of its beginning (zero for no limit). Frames that are sent are not limited here.
pub fn framed<R, W>(
    read: R,
    write: W,
    max_frame: usize,
    timeout: Duration,
    env: &Env,
) -> (FramedReader<R>, FramedWriter<W>)
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin,
{
    let reader = FramedReader { read, buffer: BytesMut::new(), max_frame, timeout, began: None, env: env.clone() };
    (reader, FramedWriter { write, buffer: BytesMut::new() })
}

/// Reads frames.
#[derive(Debug)]
pub struct FramedReader<R> {
    read: R,
    /// What has come and is not taken: at most a frame and a chunk.
    buffer: BytesMut,
    max_frame: usize,
    timeout: Duration,
    /// When the frame began that is not complete.
    began: Option<Instant>,
    env: Env,
}

impl<R> FramedReader<R> {
    /// The next frame, if it is there.
    fn take(&mut self) -> Result<Option<Bytes>, Lost> {
        let Some(head) = self.buffer.first_chunk::<HEAD>() else { return Ok(None) };
        let length = u32::from_be_bytes(*head) as usize;
        if length > self.max_frame {
            return Err(Lost::TooLarge { length: length as u64, limit: self.max_frame });
        }
        if self.buffer.len() < HEAD + length {
            return Ok(None);
        }
        self.buffer.advance(HEAD);
        self.began = None;
        Ok(Some(self.buffer.split_to(length).freeze()))
    }
}

impl<R: AsyncRead + Send + Unpin> Receive for FramedReader<R> {
    async fn receive(&mut self) -> Result<Option<Bytes>, Lost> {
        loop {
            if let Some(frame) = self.take()? {
                return Ok(Some(frame));
            }
            if !self.buffer.is_empty() {
                self.began.get_or_insert_with(|| self.env.now());
            }
            // As bytes come: a length alone allocates nothing.
            self.buffer.reserve(CHUNK);
            let mut chunk = (&mut self.buffer).limit(CHUNK);
            let read = self.read.read_buf(&mut chunk);
            let count = match self.began.filter(|_| !self.timeout.is_zero()) {
                None => read.await?,
                Some(began) => match began.checked_add(self.timeout) {
                    Some(end) => self.env.timeout_at(end, read).await.map_err(|_| Lost::Slow)??,
                    None => read.await?,
                },
            };
            if count == 0 {
                return if self.buffer.is_empty() { Ok(None) } else { Err(Lost::CutOff) };
            }
        }
    }
}

/// Writes frames.
#[derive(Debug)]
pub struct FramedWriter<W> {
    write: W,
    buffer: BytesMut,
}

impl<W: AsyncWrite + Send + Unpin> Transmit for FramedWriter<W> {
    async fn transmit(&mut self, frame: Bytes) -> Result<(), Lost> {
        let Ok(length) = u32::try_from(frame.len()) else {
            return Err(Lost::TooLarge { length: frame.len() as u64, limit: u32::MAX as usize });
        };
        self.buffer.extend_from_slice(&length.to_be_bytes());
        self.buffer.extend_from_slice(&frame);
        if self.buffer.len() < CHUNK { Ok(()) } else { self.flush().await }
    }

    async fn flush(&mut self) -> Result<(), Lost> {
        self.write.write_all_buf(&mut self.buffer).await?;
        if self.buffer.capacity() > 4 * CHUNK {
            // A large frame is no reason to keep its room for as long as the connection lives.
            self.buffer = BytesMut::new();
        }
        Ok(self.write.flush().await?)
    }

    async fn close(&mut self) {
        // The other side may be gone already.
        drop(self.write.shutdown().await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(bytes: Vec<u8>, max_frame: usize) -> FramedReader<std::io::Cursor<Vec<u8>>> {
        framed(std::io::Cursor::new(bytes), tokio::io::sink(), max_frame, Duration::ZERO, &Env::real()).0
    }

    #[tokio::test]
    async fn a_length_alone_allocates_nothing() {
        let mut reader = frames([&u32::MAX.to_be_bytes()[..], &[0; 10]].concat(), u32::MAX as usize);
        assert!(matches!(reader.receive().await, Err(Lost::CutOff)));
        assert!(reader.buffer.capacity() <= 4 * CHUNK, "{}", reader.buffer.capacity());
        let mut reader = frames(2_000_u32.to_be_bytes().to_vec(), 1_999);
        assert!(matches!(reader.receive().await, Err(Lost::TooLarge { length: 2_000, limit: 1_999 })));
    }

    #[tokio::test]
    async fn frames_come_whole_however_the_bytes_do() {
        let text = [&3_u32.to_be_bytes()[..], b"abc", &0_u32.to_be_bytes(), &1_u32.to_be_bytes(), b"x"].concat();
        let (near, far) = tokio::io::duplex(1);
        let (_, mut write) = tokio::io::split(near);
        let (mut reader, _) = framed(far, tokio::io::sink(), 10, Duration::ZERO, &Env::real());
        let sending = async {
            write.write_all(&text).await.unwrap();
            write.shutdown().await.unwrap();
        };
        let reading = async {
            for frame in ["abc", "", "x"] {
                // Given up and begun again at every byte.
                let heard = loop {
                    let given_up = tokio::task::yield_now();
                    tokio::select! {
                        biased;
                        heard = reader.receive() => break heard,
                        () = given_up => {}
                    }
                };
                assert_eq!(heard.unwrap().unwrap(), frame.as_bytes());
            }
            assert!(matches!(reader.receive().await, Ok(None)));
        };
        tokio::join!(sending, reading);
    }

    #[tokio::test]
    async fn a_frame_that_does_not_come_to_its_end_in_time_is_lost() {
        let (mut near, far) = tokio::io::duplex(64);
        let (mut reader, _) = framed(far, tokio::io::sink(), 10, Duration::from_millis(30), &Env::real());
        // Between frames there is no hurry.
        assert!(Env::real().timeout(Duration::from_millis(60), reader.receive()).await.is_err());
        near.write_all(&[0, 0]).await.unwrap();
        assert!(matches!(reader.receive().await, Err(Lost::Slow)));
    }
}
