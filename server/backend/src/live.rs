//! The live bar's source: one listener per process hears that a campaign's total changed, reads the new snapshot
//! once, encodes it once and hands it to everybody who watches. The newest value wins; a slow reader skips.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use domain::{CampaignId, Progress};
use sqlx::postgres::PgListener;
use sqlx::{PgConnection, PgPool};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{Ctx, Result, campaigns};

const CHANNEL: &str = "campaign_progress";

/// A snapshot, encoded once for everybody.
#[derive(Clone, Debug)]
pub struct Encoded {
    pub version: i64,
    /// A whole Server-Sent Event: `id`, `event`, `data` and the empty line.
    pub event: Bytes,
}

impl Encoded {
    /// Encodes a snapshot.
    #[must_use]
    pub fn of(progress: &Progress) -> Self {
        let data = serde_json::to_string(&progress.snapshot()).unwrap_or_default();
        let event = format!("id: {}\nevent: progress\ndata: {data}\n\n", progress.version);
        Self { version: progress.version, event: event.into() }
    }
}

type Watched = watch::Sender<Option<Encoded>>;

/// Who watches which campaign in this process.
#[derive(Clone, Default)]
pub struct Hub(Arc<Mutex<HashMap<CampaignId, Watched>>>);

impl Hub {
    /// A receiver of the campaign's snapshots. It holds `None` until the first change after the first watcher came.
    #[must_use]
    pub fn watch(&self, campaign: CampaignId) -> watch::Receiver<Option<Encoded>> {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Forget campaigns nobody watches any more; the map is small and this is where it grows.
        watched.retain(|id, sender| *id == campaign || sender.receiver_count() > 0);
        watched.entry(campaign).or_insert_with(|| watch::channel(None).0).subscribe()
    }

    fn is_watched(&self, campaign: CampaignId) -> bool {
        let watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watched.get(&campaign).is_some_and(|sender| sender.receiver_count() > 0)
    }

    fn send(&self, campaign: CampaignId, snapshot: Encoded) {
        let watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = watched.get(&campaign) else { return };
        sender.send_if_modified(|present| {
            let newer = present.as_ref().is_none_or(|present| present.version < snapshot.version);
            if newer {
                *present = Some(snapshot);
            }
            newer
        });
    }

    fn watched(&self) -> Vec<CampaignId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }
}

/// Tells every process that a campaign's total changed, when the transaction commits.
pub async fn announce(db: &mut PgConnection, campaign: CampaignId) -> Result<()> {
    sqlx::query!("select pg_notify($1, $2)", CHANNEL, campaign.to_string()).execute(db).await?;
    Ok(())
}

/// The same after a change of the campaign's state, which is not in the totals: the version rises, so that open pages
/// take the snapshot.
pub async fn announce_state(db: &mut PgConnection, campaign: CampaignId) -> Result<()> {
    sqlx::query!(
        "update campaign_stats set version = version + 1, updated_at = clock() where campaign_id = $1",
        campaign as CampaignId,
    )
    .execute(&mut *db)
    .await?;
    announce(db, campaign).await
}

/// Listens until told to stop. A lost connection is made again, and everybody watched is read afresh, because
/// what was announced meanwhile is gone.
pub async fn run(ctx: Ctx, stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => return,
            lost = listen(&ctx) => {
                if let Err(error) = lost {
                    tracing::warn!(%error, "live listener lost its connection");
                }
                tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            }
        }
    }
}

async fn listen(ctx: &Ctx) -> Result<()> {
    let mut listener = PgListener::connect_with(&ctx.db).await?;
    listener.listen(CHANNEL).await?;
    for campaign in ctx.live.watched() {
        publish(&ctx.db, &ctx.live, campaign).await?;
    }
    loop {
        // None: the connection broke and was made again.
        let Some(notice) = listener.try_recv().await? else { return Ok(()) };
        if let Ok(campaign) = notice.payload().parse() {
            publish(&ctx.db, &ctx.live, campaign).await?;
        }
    }
}

async fn publish(db: &PgPool, hub: &Hub, campaign: CampaignId) -> Result<()> {
    if !hub.is_watched(campaign) {
        return Ok(());
    }
    if let Some(progress) = campaigns::progress(db, campaign).await? {
        hub.send(campaign, Encoded::of(&progress));
    }
    Ok(())
}
