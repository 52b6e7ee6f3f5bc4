//! An application that one question is put to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use partitura_runtime::app::{App, Blueprint, TestApp};
use partitura_runtime::config::Config;
use partitura_runtime::identity::Identity;
use serde_json::Value;

use crate::case::Case;
use crate::probe::Watch;

/// How long a message may take: a fault that takes longer ends with kind timeout. In real time where an entrypoint has a socket.
pub(crate) const PATIENCE: &str = "400ms";

/// The key of the caller.
pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";

/// What every application of a proof shares.
pub(crate) struct Ground {
    pub(crate) blueprint: &'static Blueprint,
    /// Values of the configuration, in the order in which they are set.
    pub(crate) set: Vec<String>,
    /// Who runs this, as the kernel says: the caller is the same one everywhere.
    pub(crate) uid: u32,
    pub(crate) folder: Arc<Folder>,
}

/// One application under proof, and what is asked of it.
pub(crate) struct Home<'g> {
    pub(crate) ground: &'g Ground,
    pub(crate) watch: Watch,
    pub(crate) case: &'g Case,
    pub(crate) message: &'g str,
}

impl<'g> Home<'g> {
    pub(crate) fn new(ground: &'g Ground, message: &'g str, case: &'g Case) -> Self {
        let watch = Watch::new(case.fault.map(|fault| (message.to_owned(), fault)));
        Home { ground, watch, case, message }
    }

    /// The caller's name, at every entrypoint: the one that a socket gives.
    pub(crate) fn subject(&self) -> String {
        format!("uid:{}", self.ground.uid)
    }

    pub(crate) fn identity(&self) -> Identity {
        match &self.case.roles {
            Some(roles) => self.with(roles),
            None => Identity::anonymous(),
        }
    }

    fn with(&self, roles: &[String]) -> Identity {
        roles.iter().cloned().fold(Identity::user(self.subject()), Identity::with_role)
    }

    /// A path that nobody else uses, for a socket.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.ground.folder.0.join(format!("{}-{name}", self.watch.number()))
    }

    /// Everything that `--set` says for this application.
    pub(crate) fn settings(&self) -> Vec<String> {
        let roles = Value::from(self.case.roles.clone().unwrap_or_default());
        let text = |value: &str| Value::from(value).to_string();
        let socket = text(&self.path("socket").to_string_lossy());
        let mut all = vec![
            format!("runtime.timeout={PATIENCE}"),
            format!("mcp.timeout={PATIENCE}"),
            "http.messages=true".to_owned(),
            "http.port=0".to_owned(),
            "http.websocket.enabled=true".to_owned(),
            format!("auth.api_key.parity.keys.caller.key={KEY}"),
            format!("auth.api_key.parity.keys.caller.subject={}", text(&self.subject())),
            format!("auth.api_key.parity.keys.caller.roles={roles}"),
            format!("socket.path={socket}"),
            format!("socket.roles.{}={roles}", self.ground.uid),
        ];
        all.extend(self.ground.set.iter().cloned());
        all.push(self.watch.setting());
        all
    }

    pub(crate) fn config(&self) -> Result<Config, String> {
        let loader = self.ground.blueprint.loader().hermetic();
        self.settings().into_iter().fold(loader, |loader, text| loader.set(text)).load().map_err(|all| all.to_string())
    }

    /// The application in virtual time: what sleeps costs nothing.
    pub(crate) async fn test(&self) -> Result<TestApp, String> {
        let app =
            self.ground.blueprint.test().config(self.config()?).build().await.map_err(|error| error.to_string())?;
        app.world().drive(app.start()).await.map_err(|error| error.to_string())?;
        self.before(&app).await?;
        self.watch.begin();
        Ok(app)
    }

    /// The application in real time, for whoever has a socket.
    pub(crate) async fn real(&self) -> Result<App, String> {
        let app = self.ground.blueprint.builder().config(self.config()?).build().await;
        let app = app.map_err(|error| error.to_string())?;
        app.start().await.map_err(|error| error.to_string())?;
        self.before(&app).await?;
        self.watch.begin();
        Ok(app)
    }

    async fn before(&self, app: &App) -> Result<(), String> {
        for before in &self.case.before {
            let track = app.track().by(self.with(&before.roles));
            // With all that follows from it, or that would count as a consequence of the question.
            let happened = track.execute(&before.message, Value::Object(before.input.clone())).await;
            happened.reply.map_err(|error| format!("`{}`, which is sent before, failed: {error}", before.message))?;
        }
        Ok(())
    }
}

/// A folder that is removed with all that is in it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> std::io::Result<Arc<Self>> {
        static LAST: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let number = LAST.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("parity-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Arc::new(Folder(path)))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
