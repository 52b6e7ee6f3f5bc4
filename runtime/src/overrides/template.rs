//! The topic of an event, as the configuration writes it: `orders.{region}.placed`.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::event::{AnyEvent, topic_of};
use crate::input::shape::Shape;
use crate::nearest::did_you_mean;
use crate::topic::Topic;

/// Words, some of which are fields of the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    text: String,
    words: Vec<Word>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Fixed(String),
    Field(String),
}

impl Template {
    /// Reads it by the rules of `#[event(topic = "..")]`, for an event of this schema.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(text: &str, schema: Option<&Value>) -> std::result::Result<Self, String> {
        let mut plain = Vec::new();
        let mut words = Vec::new();
        for word in text.split('.') {
            match word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) {
                Some(field) => {
                    check_field(field, schema)?;
                    plain.push("field");
                    words.push(Word::Field(field.to_owned()));
                }
                None if word.contains(['{', '}']) => {
                    return Err(format!("`{word}` is no word: a field is a whole word, `{{region}}`"));
                }
                None => {
                    plain.push(word);
                    words.push(Word::Fixed(word.to_owned()));
                }
            }
        }
        Topic::new(plain.join(".")).map_err(|error| error.to_string())?;
        Ok(Template { text: text.to_owned(), words })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The topic of `event`.
    ///
    /// # Errors
    /// Kind invalid when a field cannot be one word of it.
    pub(crate) fn topic(&self, event: &AnyEvent) -> Result<Topic> {
        let fields = if self.words.iter().any(|word| matches!(word, Word::Field(_))) { event.to_json()? } else { None };
        let mut words = Vec::with_capacity(self.words.len());
        for word in &self.words {
            words.push(match word {
                Word::Fixed(word) => word.clone(),
                Word::Field(name) => match fields.as_ref().and_then(|fields| fields.get(name)) {
                    Some(Value::String(text)) => text.clone(),
                    Some(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
                    _ => {
                        let text = format!("the field `{name}` of `{}` is no word of a topic", event.name());
                        return Err(Error::invalid(text));
                    }
                },
            });
        }
        let words: Vec<&dyn std::fmt::Display> = words.iter().map(|word| word as &dyn std::fmt::Display).collect();
        topic_of(&words)
    }
}

fn check_field(name: &str, schema: Option<&Value>) -> std::result::Result<(), String> {
    let Some(schema) = schema else {
        return Err("the event is local, and its fields are known to code only".to_owned());
    };
    let shape = Shape::new(schema);
    let fields = shape.fields();
    let Some(field) = fields.iter().find(|field| field.name == name) else {
        let near = did_you_mean(name, fields.iter().map(|field| field.name));
        return Err(format!("the event has no field `{name}`{near}"));
    };
    let kinds = shape.kinds(field.schema);
    if kinds.any || kinds.string || kinds.integer || kinds.number || kinds.boolean {
        return Ok(());
    }
    Err(format!("the field `{name}` is no text and no number, and so no word of a topic"))
}
