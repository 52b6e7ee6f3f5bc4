//! The tests: what a request shows against what a configuration asks for.

mod beside;
mod keys_and_passwords;
mod mistakes;
mod published;
mod random;
mod sign;
mod tokens;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::{HeaderMap, HeaderValue};
use base64ct::{Base64, Encoding};
use partitura_runtime::config::{Config, Loader};
use partitura_runtime::env::Virtual;
use partitura_runtime::{Identity, Result};

use super::{AuthConfig, Authenticators, Refused};

/// A folder of its own, gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("partitura-auth-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn put(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn config(text: &str) -> Config {
    let folder = Folder::new();
    folder.put("partitura.toml", text);
    let sections = [partitura_runtime::config::SectionInfo::of::<AuthConfig>()];
    Loader::new("TEST").directory(&folder.0).environment([]).sections(sections).load().unwrap()
}

fn open(text: &str, world: &Virtual) -> Result<Authenticators> {
    Authenticators::from_config(&config(text), &world.env())
}

/// What is wrong with a configuration, one line each, without the place behind it, which is that of a folder of the test.
fn mistakes(text: &str) -> String {
    let error = open(text, &Virtual::new(1)).expect_err("it is wrong");
    assert!(error.is_malformed());
    let bare = |text: &str| match text.rsplit_once(" (") {
        Some((text, place)) if place.contains("partitura.toml:") => text.to_owned(),
        _ => text.to_owned(),
    };
    let lines: Vec<String> = error.failures().iter().map(|failure| bare(&failure.message)).collect();
    lines.join("\n")
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap())).collect()
}

async fn show(all: &Authenticators, name: &'static str, value: &str) -> Result<Identity, Refused> {
    let mut headers = HeaderMap::new();
    headers.append(name, HeaderValue::from_str(value).unwrap());
    all.identify(&headers, None).await
}

async fn bearer(all: &Authenticators, token: &str) -> Result<Identity, Refused> {
    show(all, "authorization", &format!("Bearer {token}")).await
}

async fn basic(all: &Authenticators, pair: &str) -> Result<Identity, Refused> {
    show(all, "authorization", &format!("Basic {}", Base64::encode_string(pair.as_bytes()))).await
}

#[track_caller]
fn is_401(answer: Result<Identity, Refused>) -> Vec<String> {
    let refused = answer.expect_err("it is refused");
    assert_eq!(refused.error().http_status(), 401);
    assert_eq!(refused.error().to_string(), "the credentials do not hold", "nothing is told of the reason");
    texts(refused.challenge())
}

fn texts(values: &[HeaderValue]) -> Vec<String> {
    values.iter().map(|value| value.to_str().unwrap().to_owned()).collect()
}
