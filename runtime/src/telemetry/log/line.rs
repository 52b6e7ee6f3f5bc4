//! One line per event, written in one piece.

use std::cell::Cell;
use std::fmt::Write as _;
use std::io::Write as _;

use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::field::{Fields, Value};
use super::{Format, is_message_span};

thread_local! {
    /// The buffer of the last line. Taken while in use: a value that logs when it is formatted gets a fresh one.
    static BUFFER: Cell<String> = const { Cell::new(String::new()) };
}

/// A buffer that one huge line has grown beyond this many bytes is given back.
const KEPT: usize = 16 * 1024;

/// The layer that writes lines.
pub(super) struct Lines<W> {
    format: Format,
    colors: bool,
    writer: W,
}

impl<W> Lines<W> {
    pub(super) fn new(format: Format, colors: bool, writer: W) -> Self {
        Lines { format, colors, writer }
    }
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().replace(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        // Read without the lock of the span: a value that is formatted may log, and so read the span.
        let mut fresh = Fields::default();
        values.record(&mut fresh);
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            fields.merge(fresh);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let message = fields.take_message().map(Value::into_text).unwrap_or_default();
        let spans: Vec<_> = context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()).collect();
        let line = Line { metadata: event.metadata(), message, fields, spans };

        let mut buffer = BUFFER.take();
        buffer.clear();
        match self.format {
            Format::Human => line.human(&mut buffer, self.colors),
            Format::Json => line.json(&mut buffer),
        }
        buffer.push('\n');
        // One write, so that the lines of two threads do not mix. When stderr is gone there is nobody left to tell.
        let _ = self.writer.make_writer_for(event.metadata()).write_all(buffer.as_bytes());
        if buffer.capacity() <= KEPT {
            BUFFER.set(buffer);
        }
    }
}

struct Line<'a, S: for<'s> LookupSpan<'s>> {
    metadata: &'static Metadata<'static>,
    message: String,
    fields: Fields,
    /// Outermost first.
    spans: Vec<SpanRef<'a, S>>,
}

impl<'a, S: for<'s> LookupSpan<'s>> Line<'a, S> {
    fn human(&self, out: &mut String, colors: bool) {
        let (dim, plain) = if colors { ("\x1b[2m", "\x1b[0m") } else { ("", "") };
        let color = if colors { color(*self.metadata.level()) } else { "" };
        out.push_str(dim);
        write_time(out);
        let _ = write!(out, "{plain} {color}{:>5}{plain} ", self.metadata.level());
        let _ = write!(out, "{dim}{}:{plain}", self.metadata.target());
        if !self.message.is_empty() {
            out.push(' ');
            push_tame(out, &self.message);
        }
        push_fields(out, &self.fields);
        for span in self.spans.iter().filter(|span| !is_message_span(span.metadata())) {
            let _ = write!(out, " {}{{", span.name());
            let mut inner = String::new();
            if let Some(fields) = span.extensions().get::<Fields>() {
                push_fields(&mut inner, fields);
            }
            out.push_str(inner.trim_start());
            out.push('}');
        }
        if let Some(span) = self.message_span() {
            let extensions = span.extensions();
            let fields = extensions.get::<Fields>();
            let name = fields.and_then(|fields| fields.text("name")).unwrap_or_default();
            let id = fields.and_then(|fields| fields.text("trace_id")).unwrap_or_default();
            // The last 8 digits, as `TraceId::short`.
            let short = id.get(id.len().saturating_sub(8)..).unwrap_or_default();
            let _ = write!(out, " {dim}[");
            push_tame(out, name);
            let _ = write!(out, " {short}]{plain}");
        }
    }

    fn json(&self, out: &mut String) {
        // Writing into memory, from keys that are strings: it cannot fail.
        if let Ok(text) = serde_json::to_string(self) {
            out.push_str(&text);
        }
    }

    /// The message that is handled here: the innermost.
    fn message_span(&self) -> Option<&SpanRef<'a, S>> {
        self.spans.iter().rev().find(|span| is_message_span(span.metadata()))
    }
}

impl<S: for<'s> LookupSpan<'s>> Serialize for Line<'_, S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let mut time = String::new();
        write_time(&mut time);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("time", &time)?;
        map.serialize_entry("level", level_name(*self.metadata.level()))?;
        map.serialize_entry("target", self.metadata.target())?;
        map.serialize_entry("message", &self.message)?;
        map.serialize_entry("fields", &self.fields)?;
        if let Some(span) = self.message_span()
            && let Some(id) = span.extensions().get::<Fields>().and_then(|fields| fields.text("trace_id"))
        {
            map.serialize_entry("trace_id", id)?;
        }
        if !self.spans.is_empty() {
            map.serialize_entry("spans", &Spans(&self.spans))?;
        }
        map.end()
    }
}

struct Spans<'a, 'b, S: for<'s> LookupSpan<'s>>(&'b [SpanRef<'a, S>]);

impl<S: for<'s> LookupSpan<'s>> Serialize for Spans<'_, '_, S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        #[derive(serde::Serialize)]
        struct One<'f> {
            span: &'static str,
            fields: Option<&'f Fields>,
        }
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for span in self.0 {
            list.serialize_element(&One { span: span.name(), fields: span.extensions().get::<Fields>() })?;
        }
        list.end()
    }
}

impl Serialize for Fields {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_map(self.all.iter().map(|(name, value)| (name, value)))
    }
}

/// RFC 3339 in UTC. The log belongs to the process and not to an application, so its time is the machine's.
fn write_time(out: &mut String) {
    let _ = SystemTime.format_time(&mut Writer::new(out));
}

fn push_fields(out: &mut String, fields: &Fields) {
    for (name, value) in &fields.all {
        let _ = write!(out, " {name}=");
        push_tame(out, &value.to_string());
    }
}

/// Lines after the first are indented, and what would steer a terminal is escaped: input can neither pass for a line of
/// the log nor hide one.
fn push_tame(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\n    "),
            '\t' => out.push('\t'),
            control if control.is_control() => out.extend(control.escape_default()),
            other => out.push(other),
        }
    }
}

fn color(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\x1b[31m",
        Level::WARN => "\x1b[33m",
        Level::INFO => "\x1b[32m",
        Level::DEBUG => "\x1b[34m",
        Level::TRACE => "\x1b[35m",
    }
}

/// As in the configuration.
fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}
