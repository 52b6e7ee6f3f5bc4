//! Who connects, by what the kernel says of it.

use std::sync::Arc;
use std::time::Duration;

use partitura_runtime::app::App;
use partitura_runtime::container::all::All;
use partitura_runtime::container::key::Slot;
use partitura_runtime::container::need::Need;
use partitura_runtime::entry::all;
use partitura_runtime::entrypoint::{Authenticator, Credentials, NEEDS};
use partitura_runtime::error::{Error, Result};
use partitura_runtime::identity::Identity;
use tokio::net::unix::UCred;

use crate::config::{SocketConfig, Who};

/// An application's own authenticators: `#[injectable(as dyn Authenticator, many)]`.
static OWN: Slot<All<dyn Authenticator>> = Slot::new();

#[linkme::distributed_slice(NEEDS)]
static NEED: Need = Need::all::<dyn Authenticator>(&OWN, "dyn Authenticator");

/// How long the authenticators may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What turns credentials into an identity.
#[derive(Clone)]
pub(crate) struct Callers {
    own: Arc<[Arc<dyn Authenticator>]>,
    config: Arc<SocketConfig>,
}

impl Callers {
    pub(crate) fn new(app: &App, config: &Arc<SocketConfig>) -> Self {
        let own = all(&app.context(Identity::anonymous()), &OWN);
        Callers { own: own.shared().iter().cloned().collect(), config: config.clone() }
    }

    /// The first authenticator that knows the peer says who it is; if none does, it is `uid:1000` with the roles of the
    /// configuration.
    ///
    /// # Errors
    /// What an authenticator refuses it with; kind timeout if they take longer than 10 seconds.
    pub(crate) async fn identify(&self, peer: &UCred, app: &App) -> Result<Identity> {
        let credentials = Credentials::Peer { uid: peer.uid(), gid: peer.gid() };
        let asked = async {
            for authenticator in self.own.iter() {
                if let Some(identity) = authenticator.authenticate(&credentials).await? {
                    return Ok(Some(identity));
                }
            }
            Ok::<_, Error>(None)
        };
        match app.env().timeout(PATIENCE, asked).await?? {
            Some(identity) => Ok(identity),
            None => Ok(self.of(peer)),
        }
    }

    fn of(&self, peer: &UCred) -> Identity {
        let (uid, gid) = (peer.uid(), peer.gid());
        let identity = Identity::user(format!("uid:{uid}")).with_claim("uid", uid).with_claim("gid", gid);
        let identity = match peer.pid() {
            Some(pid) => identity.with_claim("pid", pid),
            None => identity,
        };
        let roles =
            [Who::User(uid), Who::Group(gid)].into_iter().filter_map(|who| self.config.roles.get(&who)).flatten();
        roles.cloned().fold(identity, |identity, role| match identity.has_role(&role) {
            true => identity,
            false => identity.with_role(role),
        })
    }
}
