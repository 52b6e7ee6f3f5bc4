//! Notes, kept in memory: one message for each thing that can be done, its handler, and its route.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use partitura::prelude::*;

/// Something to remember.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    pub id: u64,
    pub text: String,
}

/// What can go wrong here.
#[derive(Debug, Problem)]
pub enum NoteError {
    #[problem(kind = not_found, code = "notes.unknown", message = "there is no note {0}")]
    Unknown(u64),
}

/// Where notes are kept: a singleton, which handlers get by reference.
#[injectable]
pub struct Notes {
    #[init]
    all: Mutex<BTreeMap<u64, Note>>,
}

impl Notes {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Note>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds a note.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct AddNote {
    /// What to remember.
    #[validate(required, length(max = 200))]
    pub text: String,
}

#[handler(route(post, "/notes", created = "/notes/{id}"), public)]
pub async fn add_note(command: AddNote, notes: &Notes) -> Result<Note> {
    let mut all = notes.lock();
    let id = all.last_key_value().map_or(1, |(last, _)| last + 1);
    let note = Note { id, text: command.text };
    all.insert(id, note.clone());
    Ok(note)
}

/// Shows a note.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct ShowNote {
    pub id: u64,
}

#[handler(route(get, "/notes/{id}"), public)]
pub async fn show_note(query: ShowNote, notes: &Notes) -> Result<Note, NoteError> {
    notes.lock().get(&query.id).cloned().ok_or(NoteError::Unknown(query.id))
}

/// Lists the notes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct ListNotes {}

#[handler(route(get, "/notes"), public)]
pub async fn list_notes(_query: ListNotes, notes: &Notes) -> Result<Vec<Note>> {
    Ok(notes.lock().values().cloned().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::TemplateName;

    #[tokio::test]
    async fn a_note_is_added_and_shown() {
        let app = TemplateName::builder().build().await.unwrap();
        let http = app.http().unwrap();
        let added = http.post("/notes").json(&json!({ "text": "Buy milk" })).send().await;
        assert_eq!((added.status.as_u16(), added.header("location")), (201, "/notes/1"));
        let shown = http.get("/notes/1").send().await;
        assert_eq!(shown.json::<Note>().unwrap(), Note { id: 1, text: "Buy milk".to_owned() });
        assert_eq!(http.get("/notes").send().await.json::<Vec<Note>>().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_is_wrong_is_told_as_problem_details() {
        let app = TemplateName::builder().build().await.unwrap();
        let http = app.http().unwrap();
        assert_eq!(http.post("/notes").json(&json!({ "text": "" })).send().await.status, 422);
        let unknown = http.get("/notes/7").send().await;
        assert_eq!(unknown.status, 404);
        assert_eq!(unknown.json::<Value>().unwrap()["code"], "notes.unknown");
    }
}
