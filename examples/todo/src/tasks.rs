//! What can be done with tasks: one message each, its handler, and its route.

use futures_util::stream;
use partitura::prelude::*;
use tokio::sync::broadcast::error::RecvError;

use crate::store::{Priority, Task, Tasks, TodoError};

/// Adds a task.
///
/// It is not done yet, and in version 1.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct AddTask {
    /// What is to be done.
    #[validate(required, length(max = 200))]
    #[schemars(example = "Buy milk")]
    pub title: String,
    /// How soon.
    #[serde(default)]
    pub priority: Priority,
}

#[handler(route(post, "/tasks", created = "/tasks/{id}"), public, agent(title = "Add a task", destructive = false))]
pub async fn add(command: AddTask, tasks: &Tasks) -> Result<Versioned<Task>> {
    Ok(tasks.add(command.title, command.priority))
}

/// Lists tasks, page by page.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct ListTasks {
    /// Only those that are done, or only those that are not.
    #[serde(default)]
    pub done: Option<bool>,
    /// Only those of these priorities.
    #[serde(default)]
    pub priority: Vec<Priority>,
    /// The `next` of the page before.
    #[serde(default)]
    pub cursor: u64,
    /// How many at most.
    #[serde(default = "twenty")]
    #[validate(range(min = 1, max = 100))]
    pub limit: usize,
}

fn twenty() -> usize {
    20
}

#[handler(route(get, "/tasks"), public, agent)]
pub async fn list(query: ListTasks, tasks: &Tasks) -> Result<Page<Task>> {
    let only = |task: &Task| {
        query.done.is_none_or(|done| done == task.done)
            && (query.priority.is_empty() || query.priority.contains(&task.priority))
    };
    Ok(tasks.page(only, query.cursor, query.limit))
}

/// Shows a task.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct ShowTask {
    pub id: u64,
}

#[handler(route(get, "/tasks/{id}"), public, agent)]
pub async fn show(query: ShowTask, tasks: &Tasks) -> Result<Versioned<Task>> {
    tasks.get(query.id)
}

/// Changes a task, if nobody else has changed it since.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct ChangeTask {
    pub id: u64,
    /// The version that was seen: over HTTP the `ETag`, sent back as `If-Match`.
    pub version: u64,
    /// What is to be done.
    #[validate(required, length(max = 200))]
    pub title: String,
    /// How soon.
    #[serde(default)]
    pub priority: Priority,
}

#[handler(route(put, "/tasks/{id}", if_match = "version"), public)]
pub async fn change(command: ChangeTask, tasks: &Tasks) -> Result<Versioned<Task>> {
    tasks.change(command.id, Some(command.version), |task| {
        task.title = command.title;
        task.priority = command.priority;
        Ok(())
    })
}

/// Marks a task as done.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct FinishTask {
    pub id: u64,
}

/// A task is done. Whoever may hears it over the WebSocket, too.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
#[event(topic = "tasks.finished")]
pub struct TaskFinished {
    pub id: u64,
}

#[handler(route(post, "/tasks/{id}/finish"), public, agent(destructive = false))]
pub async fn finish(command: FinishTask, tasks: &Tasks, cx: &Context) -> Result<Versioned<Task>> {
    let task = tasks.change(command.id, None, |task| match std::mem::replace(&mut task.done, true) {
        true => Err(TodoError::Done(task.id).into()),
        false => Ok(()),
    })?;
    cx.emit(TaskFinished { id: command.id }).await?;
    Ok(task)
}

/// Removes a task.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct RemoveTask {
    pub id: u64,
}

#[handler(route(delete, "/tasks/{id}"), public, agent)]
pub async fn remove(command: RemoveTask, tasks: &Tasks) -> Result<()> {
    tasks.remove(command.id)
}

/// Streams tasks as they are added and changed.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct WatchTasks {
    /// How many to wait for; without it, there is no end.
    #[serde(default)]
    pub most: Option<u64>,
}

#[handler(route(get, "/changes"), public, agent)]
pub fn watch(query: WatchTasks, tasks: &Tasks) -> impl Stream<Item = Result<Task>> + Send {
    let most = query.most.unwrap_or(u64::MAX);
    stream::unfold((tasks.watch(), most), |(mut changes, left)| async move {
        let left = left.checked_sub(1)?;
        loop {
            match changes.recv().await {
                Ok(task) => return Some((Ok(task), (changes, left))),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    })
}
