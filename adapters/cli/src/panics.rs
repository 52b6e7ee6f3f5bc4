//! What a panic prints.

use std::panic::{PanicHookInfo, set_hook, take_hook};

/// From here on a panic is one line of the log, with its place; the error of whatever panicked follows on its own way.
/// Before there is a log, and with `RUST_BACKTRACE`, it prints what it always did.
pub fn to_the_log() {
    let usual = take_hook();
    set_hook(Box::new(move |panic| {
        let wants_backtrace = std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0");
        if wants_backtrace || !tracing::dispatcher::has_been_set() {
            return usual(panic);
        }
        tracing::error!(target: "partitura", place = place(panic), panic = text(panic), "a panic");
    }));
}

fn place(panic: &PanicHookInfo<'_>) -> String {
    panic.location().map_or_else(|| "?".to_owned(), |place| format!("{}:{}", place.file(), place.line()))
}

fn text<'p>(panic: &'p PanicHookInfo<'_>) -> &'p str {
    panic.payload_as_str().unwrap_or("(no text)")
}
