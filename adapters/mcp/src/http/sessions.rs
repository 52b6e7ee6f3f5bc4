//! Sessions: how many there are, and whose each is.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::Stream;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_server::session::ServerSseMessage;
use rmcp::transport::streamable_http_server::session::local::{
    LocalSessionManager, LocalSessionManagerError, SessionConfig,
};
use rmcp::transport::streamable_http_server::{SessionId, SessionManager};

/// The header that names a session.
pub(crate) const SESSION_ID: &str = "mcp-session-id";

tokio::task_local! {
    /// Who sends the request that is answered.
    static OPENER: Opener;
}

/// Who may open a session. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Opener {
    subject: Option<String>,
    refused: Arc<AtomicBool>,
}

impl Opener {
    pub(crate) fn new(subject: Option<String>) -> Self {
        Opener { subject, refused: Arc::default() }
    }

    /// Whether it wanted a session, and there were too many.
    pub(crate) fn found_no_place(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }
}

/// Runs `work` for `opener`.
pub(crate) async fn as_opener<T>(opener: &Opener, work: impl Future<Output = T>) -> T {
    OPENER.scope(opener.clone(), work).await
}

/// The sessions that are open: those of `rmcp`, which ends each when nothing happens in it, with their number and their owners.
pub(crate) struct Sessions {
    inner: LocalSessionManager,
    most: usize,
    owners: Mutex<HashMap<SessionId, Option<String>>>,
}

impl Sessions {
    pub(crate) fn new(most: usize, idle: Duration) -> Self {
        let mut config = SessionConfig::default();
        config.keep_alive = Some(idle);
        let mut inner = LocalSessionManager::default();
        inner.session_config = config;
        Sessions { inner, most, owners: Mutex::default() }
    }

    /// False for a session that somebody else opened. One that is not there is told by the protocol.
    pub(crate) fn may_use(&self, id: &[u8], opener: &Opener) -> bool {
        let Ok(id) = std::str::from_utf8(id) else { return true };
        self.owners().get(id).is_none_or(|owner| *owner == opener.subject)
    }

    fn owners(&self) -> std::sync::MutexGuard<'_, HashMap<SessionId, Option<String>>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// False when there are too many.
    fn enter(&self, id: &SessionId) -> bool {
        let opener = OPENER.try_with(Opener::clone).ok();
        let mut owners = self.owners();
        if owners.len() >= self.most {
            if let Some(opener) = opener {
                opener.refused.store(true, Ordering::Relaxed);
            }
            return false;
        }
        owners.insert(id.clone(), opener.and_then(|opener| opener.subject));
        true
    }
}

/// Why there is no session.
#[derive(Debug)]
pub(crate) enum NoSession {
    TooMany,
    Local(LocalSessionManagerError),
}

impl From<LocalSessionManagerError> for NoSession {
    fn from(error: LocalSessionManagerError) -> Self {
        NoSession::Local(error)
    }
}

impl fmt::Display for NoSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoSession::TooMany => f.write_str("too many sessions are open"),
            NoSession::Local(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NoSession {}

impl SessionManager for Sessions {
    type Error = NoSession;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), NoSession> {
        let (id, transport) = self.inner.create_session().await?;
        if self.enter(&id) {
            return Ok((id, transport));
        }
        self.inner.close_session(&id).await?;
        Err(NoSession::TooMany)
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, NoSession> {
        Ok(self.inner.initialize_session(id, message).await?)
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, NoSession> {
        Ok(self.inner.has_session(id).await?)
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), NoSession> {
        self.owners().remove(id);
        Ok(self.inner.close_session(id).await?)
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, NoSession> {
        Ok(self.inner.create_stream(id, message).await?)
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), NoSession> {
        Ok(self.inner.accept_message(id, message).await?)
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, NoSession> {
        Ok(self.inner.create_standalone_stream(id).await?)
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, NoSession> {
        Ok(self.inner.resume(id, last_event_id).await?)
    }
}
