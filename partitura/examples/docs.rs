//! A library of sheet music over HTTP, to look at its page: `cargo run -p partitura --features http --example docs -- serve`.
#![allow(missing_docs)]

use std::sync::Mutex;

use futures_util::StreamExt;
use partitura::prelude::*;
use partitura::reply::File;

include!("../tests/openapi/library.rs");

fn main() -> std::process::ExitCode {
    Library::main()
}
