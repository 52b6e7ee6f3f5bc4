//! Files as answers.

use std::path::Path;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use partitura_runtime::error::{Error, Result};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

/// A file as an answer: of the disk, read piece by piece, or of bytes. It is saved under its name, unless it is
/// [shown](Download::inline). Ranges are not understood: it is sent whole.
#[derive(Debug)]
pub struct Download {
    content: Content,
    name: Option<String>,
    media: Option<String>,
    inline: bool,
}

#[derive(Debug)]
enum Content {
    Bytes(Bytes),
    File(File, u64),
}

impl Download {
    /// Of bytes.
    pub fn bytes(content: impl Into<Bytes>) -> Self {
        Download { content: Content::Bytes(content.into()), name: None, media: None, inline: false }
    }

    /// Of the file at `path`, under its own name.
    ///
    /// The path is taken as it is: one that a caller had a part in must be checked before.
    ///
    /// # Errors
    /// Kind not found if there is none, or it is a folder; kind internal if it cannot be read.
    pub async fn file(path: impl AsRef<Path> + Send) -> Result<Self> {
        let path = path.as_ref();
        let missing = || Error::not_found("there is no such file");
        let file = File::open(path).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => missing(),
            _ => Error::from(error),
        })?;
        let about = file.metadata().await?;
        if !about.is_file() {
            return Err(missing());
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(Download { content: Content::File(file, about.len()), name, media: None, inline: false })
    }

    /// Under another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Of this content type; by default what the end of its name says, or `application/octet-stream`.
    #[must_use]
    pub fn content_type(mut self, media: impl Into<String>) -> Self {
        self.media = Some(media.into());
        self
    }

    /// To be shown, and not saved.
    #[must_use]
    pub fn inline(mut self) -> Self {
        self.inline = true;
        self
    }
}

impl IntoResponse for Download {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        let media = self.media.as_deref().unwrap_or_else(|| guessed(self.name.as_deref().unwrap_or_default()));
        let media = HeaderValue::try_from(media).unwrap_or(HeaderValue::from_static("application/octet-stream"));
        headers.insert(CONTENT_TYPE, media);
        if let Some(disposition) = disposition(self.name.as_deref(), self.inline) {
            headers.insert(CONTENT_DISPOSITION, disposition);
        }
        let body = match self.content {
            Content::Bytes(bytes) => Body::from(bytes),
            Content::File(file, length) => {
                headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
                pieces(file, length)
            }
        };
        (headers, body).into_response()
    }
}

/// How much of a file is read at once.
const PIECE: usize = 64 * 1024;

/// As many bytes as were announced, even if it grows meanwhile.
fn pieces(file: File, length: u64) -> Body {
    Body::from_stream(stream::try_unfold((file, length), |(mut file, left)| async move {
        if left == 0 {
            return Ok::<_, std::io::Error>(None);
        }
        let mut piece = vec![0; PIECE.min(usize::try_from(left).unwrap_or(PIECE))];
        let read = file.read(&mut piece).await?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        piece.truncate(read);
        Ok(Some((Bytes::from(piece), (file, left - read as u64))))
    }))
}

/// RFC 6266: the name as ASCII, and beside it as it is, for those that understand RFC 8187.
fn disposition(name: Option<&str>, inline: bool) -> Option<HeaderValue> {
    let kind = if inline { "inline" } else { "attachment" };
    let Some(name) = name else {
        return (!inline).then(|| HeaderValue::from_static("attachment"));
    };
    let plain: String =
        name.chars().map(|c| if c.is_ascii_graphic() && !"\"\\/%".contains(c) || c == ' ' { c } else { '_' }).collect();
    let exact = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    let text = match plain == name {
        true => format!("{kind}; filename=\"{plain}\""),
        false => format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{exact}"),
    };
    HeaderValue::try_from(text).ok()
}

fn guessed(name: &str) -> &'static str {
    let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default();
    match end.as_str() {
        "css" => "text/css; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "gif" => "image/gif",
        "gz" => "application/gzip",
        "htm" | "html" => "text/html; charset=utf-8",
        "jpeg" | "jpg" => "image/jpeg",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "md" => "text/markdown; charset=utf-8",
        "mp4" => "video/mp4",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "webp" => "image/webp",
        "xml" => "application/xml",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}
