//! A PostgreSQL of our own, so that a clone runs before anyone has set one up.
//!
//! It listens on a unix socket in a folder that only its user may enter, so it clashes with nobody's
//! port and needs no password. Outside a demo, `DATABASE_URL` takes its place.

mod cluster;
mod home;
mod owner;
mod programs;

use std::path::Path;

use anyhow::Result;

use cluster::{Cluster, Durability};
use home::Home;

pub struct EmbeddedPostgres {
    cluster: Cluster,
    /// Held to the end: its lock keeps a second server out, and a throw-away one removes itself.
    home: Home,
}

impl EmbeddedPostgres {
    /// Starts the cluster kept in `data_dir`, and makes it on the first start. Whatever a killed
    /// server left running there is stopped first; a second living server is refused.
    pub async fn start(data_dir: &Path) -> Result<Self> {
        let data_dir = data_dir.to_owned();
        blocking(move || Self::start_in(Home::open(&data_dir)?, Durability::Kept)).await
    }

    /// An empty cluster for one run of the tests: fast, and gone after `stop`.
    pub async fn throw_away() -> Result<Self> {
        blocking(|| {
            home::sweep_abandoned();
            Self::start_in(Home::throw_away()?, Durability::None)
        })
        .await
    }

    /// For sqlx, psql and every other client that takes a URL.
    pub fn url(&self) -> String {
        self.cluster.url()
    }

    /// Ends the clients' sessions and waits until everything is on disk.
    pub async fn stop(mut self) -> Result<()> {
        blocking(move || {
            let stopped = self.cluster.stop();
            drop(self.home);
            stopped
        })
        .await
    }

    fn start_in(home: Home, durability: Durability) -> Result<Self> {
        let cluster = Cluster::start(&home, durability)?;
        Ok(Self { cluster, home })
    }
}

/// PostgreSQL's programs are waited for, files are moved: work for a thread that may block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await?
}
