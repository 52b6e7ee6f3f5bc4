//! How a reply is printed: as JSON, as YAML, or as a table for people.

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::yaml;

/// The narrowest column of a stream, whose later items are not known yet.
const NARROWEST: usize = 8;
/// On a terminal a cell is never cut to less than this.
const LEAST: usize = 12;
const BETWEEN: &str = "  ";

/// The flag that names the form, without its dashes.
pub const OUTPUT: &str = "output";

/// The form of a reply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Output {
    /// Indented JSON.
    #[default]
    Json,
    /// YAML 1.2, which readers of 1.1 take for the same.
    Yaml,
    /// Columns.
    Table,
}

impl Output {
    /// The names of all, for `--output`.
    pub const NAMES: [&'static str; 3] = ["json", "yaml", "table"];

    /// By its name.
    pub fn named(name: &str) -> Option<Output> {
        match name {
            "json" => Some(Output::Json),
            "yaml" => Some(Output::Yaml),
            "table" => Some(Output::Table),
            _ => None,
        }
    }

    /// Why there is no form of that name.
    pub fn refused(name: &str) -> String {
        format!("must be one of {}, not `{name}`", Output::NAMES.join(", "))
    }

    /// A whole reply, without a line break at its end. `width` is that of the terminal, if it is one: a long cell of a table is cut
    /// there, and nowhere else.
    pub fn whole(self, value: &Value, width: Option<usize>) -> String {
        match self {
            Output::Json => json(value),
            Output::Yaml => yaml::document(value),
            Output::Table => whole_table(value, width),
        }
    }
}

/// A stream, whose items are printed as they come: as JSON an array, as YAML a list, as a table rows below a head that the first item
/// makes. The texts, one behind the other, are what is printed; line breaks are in them.
#[derive(Debug)]
pub struct Items {
    output: Output,
    width: Option<usize>,
    number: usize,
    columns: Vec<Column>,
}

/// A column of a table.
#[derive(Debug)]
struct Column {
    key: String,
    width: usize,
}

impl Items {
    /// None yet.
    pub fn new(output: Output, width: Option<usize>) -> Self {
        Items { output, width, number: 0, columns: Vec::new() }
    }

    /// What is to be printed now that `item` has come.
    pub fn next(&mut self, item: &Value) -> String {
        self.number += 1;
        match self.output {
            Output::Yaml => format!("{}\n", yaml::element(item)),
            Output::Table => format!("{}\n", self.row(item)),
            Output::Json => {
                let own = json(item).lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n");
                format!("{}\n{own}", if self.number == 1 { "[" } else { "," })
            }
        }
    }

    /// What is to be printed at the end; after a failure as well, so that what has come is whole.
    pub fn end(&self, failed: bool) -> &'static str {
        match (self.output, self.number) {
            (Output::Json, 1..) => "\n]\n",
            (Output::Json | Output::Yaml, 0) if !failed => "[]\n",
            _ => "",
        }
    }

    fn row(&mut self, item: &Value) -> String {
        let mut lines = Vec::new();
        if self.number == 1 {
            let keys = item.as_object().into_iter().flatten().map(|(key, _)| key.clone());
            let column = |key: String| {
                let own = width_of(&cell(item.get(&key)));
                Column { width: own.max(width_of(&key)).max(NARROWEST), key }
            };
            self.columns = keys.map(column).collect();
            if !self.columns.is_empty() {
                let widths: Vec<usize> = self.columns.iter().map(|column| column.width).collect();
                lines.push(joined(&self.columns.iter().map(|column| head(&column.key)).collect::<Vec<_>>(), &widths));
            }
        }
        match (item, self.columns.is_empty()) {
            (Value::Object(fields), false) => {
                let mut cells: Vec<String> = self.columns.iter().map(|column| cell(fields.get(&column.key))).collect();
                let mut widths: Vec<usize> = self.columns.iter().map(|column| column.width).collect();
                // What the head does not name is not lost.
                for (key, value) in fields.iter().filter(|(key, _)| self.columns.iter().all(|it| it.key != **key)) {
                    cells.push(format!("{key}={}", cell(Some(value))));
                    widths.push(0);
                }
                if self.width.is_some() {
                    cells = cells.iter().zip(&widths).map(|(cell, width)| cut(cell, (*width).max(LEAST))).collect();
                }
                lines.push(joined(&cells, &widths));
            }
            _ => lines.push(cell(Some(item))),
        }
        lines.join("\n")
    }
}

/// `value` as JSON for people and programs.
fn json(value: &Value) -> String {
    // Fails for keys that are no texts only, which a value has not.
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// A list of objects has a row for each and a column for each key, in the order in which they come; an object a row for each field;
/// all else is a cell.
fn whole_table(value: &Value, width: Option<usize>) -> String {
    match value {
        Value::Array(all) if all.iter().any(Value::is_object) => {
            let mut keys: Vec<&String> = Vec::new();
            for key in all.iter().filter_map(Value::as_object).flat_map(serde_json::Map::keys) {
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
            let row = |one: &Value| match one.as_object() {
                Some(fields) => keys.iter().map(|key| cell(fields.get(*key))).collect(),
                // One that is no object stands by itself.
                None => vec![cell(Some(one))],
            };
            let head = keys.iter().map(|key| head(key)).collect();
            table(std::iter::once(head).chain(all.iter().map(row)).collect(), width)
        }
        Value::Array(all) => all.iter().map(|one| cell(Some(one))).collect::<Vec<_>>().join("\n"),
        Value::Object(fields) => {
            table(fields.iter().map(|(key, value)| vec![head(key), cell(Some(value))]).collect(), width)
        }
        scalar => cell(Some(scalar)),
    }
}

fn table(mut rows: Vec<Vec<String>>, width: Option<usize>) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |rows: &[Vec<String>], column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| width_of(cell)).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..columns).map(|column| widest(&rows, column)).collect();
    if let Some(width) = width {
        let mut over = (widths.iter().sum::<usize>() + BETWEEN.len() * columns.saturating_sub(1)).saturating_sub(width);
        // From the widest column, as far as it takes.
        while over > 0 {
            let Some((at, own)) = widths.iter().copied().enumerate().max_by_key(|(_, own)| *own) else { break };
            let next = widths.iter().copied().filter(|other| *other < own).max().unwrap_or(LEAST).max(LEAST);
            let less = (own.saturating_sub(next).max(1)).min(over);
            if own <= LEAST {
                break;
            }
            widths[at] = own - less;
            over -= less;
        }
        for row in &mut rows {
            for (cell, width) in row.iter_mut().zip(&widths) {
                *cell = cut(cell, *width);
            }
        }
    }
    rows.iter().map(|row| joined(row, &widths)).collect::<Vec<_>>().join("\n")
}

/// The cells next to each other, no space at the end.
fn joined(cells: &[String], widths: &[usize]) -> String {
    let pad = |(cell, width): (&String, &usize)| {
        let missing = width.saturating_sub(width_of(cell));
        format!("{cell}{}", " ".repeat(missing))
    };
    cells.iter().zip(widths).map(pad).collect::<Vec<_>>().join(BETWEEN).trim_end().to_owned()
}

/// The name of a column.
fn head(key: &str) -> String {
    line(&key.to_uppercase())
}

/// A text as it stands, if that is one line; nothing for what is absent or null; all else as compact JSON.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => line(text),
        Some(other) => other.to_string(),
    }
}

/// What would end the line, or move the cursor, is written as JSON writes it.
fn line(text: &str) -> String {
    if text.chars().any(char::is_control) { escaped(text) } else { text.to_owned() }
}

fn escaped(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// As wide as a terminal shows it.
fn width_of(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// At most `width` wide, an ellipsis at the end of what was longer.
fn cut(text: &str, width: usize) -> String {
    if width_of(text) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        let mut more = kept.clone();
        more.push(c);
        if width_of(&more) + 1 > width {
            break;
        }
        kept = more;
    }
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(value: Value, width: Option<usize>, expect: &str) {
        assert_eq!(Output::Table.whole(&value, width), expect, "{value}");
    }

    #[test]
    fn a_list_of_objects_has_a_column_for_each_key_in_order() {
        let value = json!([
            { "sku": "tea", "price": 350, "tags": ["a", "b"] },
            { "sku": "茶碗", "price": null, "sold": true },
        ]);
        check(value, None, "SKU   PRICE  TAGS       SOLD\ntea   350    [\"a\",\"b\"]\n茶碗                    true");
        check(json!([{ "a": 1 }, 7]), None, "A\n1\n7");
    }

    #[test]
    fn all_else_is_a_cell() {
        check(json!({ "name": "Ada", "of": { "x": 1 } }), None, "NAME  Ada\nOF    {\"x\":1}");
        check(json!(["a", 1]), None, "a\n1");
        check(json!("two\nlines"), None, "two\\nlines");
        check(json!([]), None, "");
        check(json!(7), None, "7");
    }

    #[test]
    fn a_long_cell_is_cut_on_a_terminal_only() {
        let value = json!([{ "id": 1, "text": "a text that is much longer than the terminal is wide" }]);
        check(value.clone(), Some(24), "ID  TEXT\n1   a text that is much…");
        assert_eq!(Output::Table.whole(&value, None).lines().map(str::len).max(), Some(56));
        assert_eq!(cut("茶碗茶碗", 6), "茶碗…", "a wide letter is not cut in two");
    }

    fn streamed(output: Output, items: &[Value], failed: bool) -> String {
        let mut all = Items::new(output, None);
        let text: String = items.iter().map(|item| all.next(item)).collect();
        (text + all.end(failed)).trim_end().to_owned()
    }

    #[test]
    fn a_stream_is_what_the_whole_would_be() {
        let items = [json!({ "a": [1, 2], "b": "x" }), json!(2), json!([3])];
        for output in [Output::Json, Output::Yaml] {
            for number in 0..=items.len() {
                let whole = output.whole(&json!(items[..number]), None);
                assert_eq!(streamed(output, &items[..number], false), whole);
            }
            assert_eq!(streamed(output, &[], true), "", "nothing came");
        }
        let read: Value = serde_json::from_str(&streamed(Output::Json, &items, true)).unwrap();
        assert_eq!(read, json!(items), "what has come is whole");
    }

    #[test]
    fn a_table_streams_below_the_head_of_its_first_item() {
        let items = [json!({ "n": 1, "name": "first one" }), json!({ "n": 22, "name": "b", "more": true })];
        assert_eq!(
            streamed(Output::Table, &items, false),
            "N         NAME\n1         first one\n22        b          more=true"
        );
        assert_eq!(streamed(Output::Table, &[json!(1), json!("b")], false), "1\nb");
    }
}
