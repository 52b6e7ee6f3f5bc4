//! Where tasks are kept: in memory, so that nothing has to be installed.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use partitura::prelude::*;
use partitura::reply::unchanged;
use tokio::sync::broadcast;

/// Something that is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    pub id: u64,
    pub title: String,
    pub priority: Priority,
    pub done: bool,
}

/// How soon.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    Low,
    #[default]
    Normal,
    High,
}

/// What can go wrong here.
#[derive(Debug, Problem)]
pub enum TodoError {
    #[problem(kind = not_found, code = "todo.no_task", message = "there is no task {0}")]
    NoTask(u64),
    #[problem(kind = conflict, code = "todo.done", message = "task {0} is done already")]
    Done(u64),
}

/// All tasks, each with its version, and whoever watches them.
#[injectable]
pub struct Tasks {
    #[init(Mutex::default())]
    all: Mutex<BTreeMap<u64, Versioned<Task>>>,
    #[init(broadcast::Sender::new(64))]
    changes: broadcast::Sender<Task>,
}

impl Tasks {
    pub fn add(&self, title: String, priority: Priority) -> Versioned<Task> {
        let mut all = self.lock();
        let id = all.last_key_value().map_or(1, |(last, _)| last + 1);
        let task = Versioned::new(1, Task { id, title, priority, done: false });
        all.insert(id, task.clone());
        self.tell(&task.value);
        task
    }

    pub fn get(&self, id: u64) -> Result<Versioned<Task>> {
        Ok(self.lock().get(&id).cloned().ok_or(TodoError::NoTask(id))?)
    }

    /// Those behind `cursor`, at most `limit` of them, and how many there are.
    pub fn page(&self, only: impl Fn(&Task) -> bool, cursor: u64, limit: usize) -> Page<Task> {
        let all = self.lock();
        let found: Vec<&Task> = all.values().map(|task| &task.value).filter(|task| only(task)).collect();
        let mut rest = found.iter().filter(|task| task.id > cursor).map(|task| (*task).clone());
        let items: Vec<Task> = rest.by_ref().take(limit).collect();
        let more = rest.next().is_some();
        let page = match items.last() {
            Some(last) if more => {
                let cursor = last.id;
                Page::before(items, cursor)
            }
            _ => Page::last(items),
        };
        page.of(found.len() as u64)
    }

    /// Changes a task, if it is in the version that was `seen`.
    pub fn change(
        &self,
        id: u64,
        seen: Option<u64>,
        change: impl FnOnce(&mut Task) -> Result<()>,
    ) -> Result<Versioned<Task>> {
        let mut all = self.lock();
        let task = all.get_mut(&id).ok_or(TodoError::NoTask(id))?;
        if let Some(seen) = seen {
            unchanged(task.version, seen)?;
        }
        change(&mut task.value)?;
        task.version += 1;
        self.tell(&task.value);
        Ok(task.clone())
    }

    pub fn remove(&self, id: u64) -> Result<()> {
        self.lock().remove(&id).ok_or(TodoError::NoTask(id))?;
        Ok(())
    }

    /// What changes from now on. Whoever is too slow misses some, and no one waits for him.
    pub fn watch(&self) -> broadcast::Receiver<Task> {
        self.changes.subscribe()
    }

    fn tell(&self, task: &Task) {
        // Nobody may be watching.
        let _ = self.changes.send(task.clone());
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Versioned<Task>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
