//! A script: commands, one a line, or over several where a bracket or a quote is open.

use std::io::{BufRead, BufReader, Read};

use partitura_runtime::error::{Error, Kind, Result};

use crate::typed::Scan;

/// One command has at most so many bytes.
const MOST_BYTES: usize = 64 << 20;

/// What is left of a script.
pub(crate) struct Script {
    /// For messages: the file, or `stdin`.
    pub(crate) name: String,
    /// Where the last command begins.
    pub(crate) line: usize,
    read: usize,
    input: BufReader<Box<dyn Read + Send>>,
}

impl Script {
    pub(crate) fn new(name: String, input: Box<dyn Read + Send>) -> Self {
        Script { name, line: 0, read: 0, input: BufReader::new(input) }
    }

    /// The next command; none at the end. Blocks until it is there.
    ///
    /// # Errors
    /// A script that cannot be read; code PT0472, what is no text, too long, or ends within a command. Nothing follows.
    pub(crate) fn next(&mut self) -> Result<Option<String>> {
        let mut text = String::new();
        let mut scan: Option<Scan> = None;
        self.line = self.read + 1;
        loop {
            let mut bytes = Vec::new();
            let most = (MOST_BYTES - text.len()) as u64 + 1;
            let read = self.input.by_ref().take(most).read_until(b'\n', &mut bytes);
            read.map_err(|error| Error::unavailable(format!("cannot be read: {error}")).with_code("PT0472"))?;
            if bytes.is_empty() {
                return match text.is_empty() {
                    true => Ok(None),
                    false => Err(broken("the script ends within this command: a bracket or a quote is open")),
                };
            }
            self.read += 1;
            if bytes.len() as u64 == most {
                let text = format!("a command of more than {} MiB", MOST_BYTES >> 20);
                return Err(Error::new(Kind::TooLarge, text).with_code("PT0472"));
            }
            let Ok(line) = String::from_utf8(bytes) else {
                self.line = self.read;
                return Err(broken("is no UTF-8"));
            };
            let line = line.strip_suffix('\n').map_or(&*line, |line| line.strip_suffix('\r').unwrap_or(line));
            text += line;
            match &mut scan {
                Some(scan) => scan.feed(line),
                first => *first = Scan::of(line),
            }
            let Some(scan) = scan.as_mut().filter(|scan| scan.is_open()) else { return Ok(Some(text)) };
            scan.feed("\n");
            text.push('\n');
        }
    }
}

#[cold]
fn broken(text: &str) -> Error {
    Error::malformed(text, Vec::new()).with_code("PT0472")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn script(bytes: &[u8]) -> Script {
        Script::new("a script".to_owned(), Box::new(std::io::Cursor::new(bytes.to_owned())))
    }

    #[test]
    fn commands_are_lines_unless_something_is_open() {
        let mut script = script(b"# first\r\na.B --c 1\n\na.B {\n  \"c\": [\n1]}\na.B --c 'x\ny'\na.B \\\n--c 2");
        let mut found = Vec::new();
        while let Some(text) = script.next().unwrap() {
            found.push((script.line, text));
        }
        let expected = [
            (1, "# first"),
            (2, "a.B --c 1"),
            (3, ""),
            (4, "a.B {\n  \"c\": [\n1]}"),
            (7, "a.B --c 'x\ny'"),
            (9, "a.B \\\n--c 2"),
        ];
        assert_eq!(found, expected.map(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn what_is_no_script_is_told_with_its_line() {
        for (bytes, line, what) in [
            (&b"ls\na.B {\n1,\n"[..], 2, "ends within this command"),
            (b"ls\n\xff\n", 2, "is no UTF-8"),
            (b"a.B {\n\n\xff}", 3, "is no UTF-8"),
        ] {
            let mut script = script(bytes);
            let error = loop {
                match script.next() {
                    Ok(text) => assert!(text.is_some()),
                    Err(error) => break error,
                }
            };
            assert!(error.message().contains(what), "{}", error.message());
            assert_eq!((error.exit_code(), script.line), (2, line));
        }
    }

    #[test]
    fn a_long_command_costs_its_length() {
        let lines = 200_000;
        let text = format!("a.B [\n{}1]\nls", "1,\n".repeat(lines));
        let mut script = script(text.as_bytes());
        assert_eq!(script.next().unwrap().unwrap().len(), text.len() - 3);
        assert_eq!(script.next().unwrap().unwrap(), "ls");
        assert_eq!(script.line, lines + 3);
    }

    proptest! {
        #[test]
        fn any_bytes_come_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "([ -~]{0,9}\n|[{\\[\"'\\\\}]){0,20}") {
            for bytes in [&bytes[..], text.as_bytes()] {
                let mut script = script(bytes);
                let mut commands = 0;
                while let Ok(Some(_)) = script.next() {
                    commands += 1;
                    prop_assert!(commands <= bytes.len());
                }
            }
        }
    }
}
